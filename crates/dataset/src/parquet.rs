//! The dataset as Parquet tables. No other file uses polars.

use std::{io, path::Path};

use persona_core::{Conversation, FileError, PreferencePair, Role, atomic::AtomicFile, layout};
use polars::prelude::DataType;
use polars::prelude::{
    BatchedWriter, Column, DataFrame, IntoSeries, ListBuilderTrait, ListPrimitiveChunkedBuilder,
    ListStringChunkedBuilder, NamedFrom, ParquetWriter, PlSmallStr, PolarsError, PolarsResult,
    Series, UInt64Type,
};

use crate::error::Error;

/// Rows per row group, which are in memory a second time while a table is written.
const ROWS: usize = 1 << 15;

/// Writes the table of conversations, one row per turn.
pub(crate) fn conversations<'a>(
    out: &Path,
    conversations: impl IntoIterator<Item = &'a Conversation>,
) -> Result<(), Error> {
    let rows = conversations.into_iter().flat_map(|conversation| {
        (0..conversation.turns.len()).map(move |position| (conversation, position))
    });
    table(
        &out.join(layout::dataset::CONVERSATIONS_PARQUET),
        rows,
        turn_columns,
    )
}

/// Writes the table of pairs, one row per pair. The prompt is two lists of equal length: roles (`system`, `user`) and
/// texts.
pub(crate) fn pairs(
    out: &Path,
    pairs: impl IntoIterator<Item = PreferencePair>,
) -> Result<(), Error> {
    table(
        &out.join(layout::dataset::PAIRS_PARQUET),
        pairs,
        pair_columns,
    )
}

/// Writes `rows` to `path`, all or nothing, one row group at a time.
fn table<T>(
    path: &Path,
    rows: impl IntoIterator<Item = T>,
    columns: fn(&[T]) -> Vec<Column>,
) -> Result<(), Error> {
    let mut rows = rows.into_iter();
    let mut file = AtomicFile::create(path)?;
    let failed = |error| failed(path, error);
    let mut chunk: Vec<T> = rows.by_ref().take(ROWS).collect();
    let mut frame = frame(columns(&chunk)).map_err(failed)?;
    let mut writer: BatchedWriter<&mut AtomicFile> = ParquetWriter::new(&mut file)
        .batched(frame.schema())
        .map_err(failed)?;
    while !chunk.is_empty() {
        writer.write_batch(&frame).map_err(failed)?;
        chunk = rows.by_ref().take(ROWS).collect();
        frame = self::frame(columns(&chunk)).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    drop(writer);
    file.commit()?;
    Ok(())
}

fn frame(columns: Vec<Column>) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(columns)
}

fn failed(path: &Path, error: PolarsError) -> Error {
    match error {
        PolarsError::IO { error, .. } => {
            let error = io::Error::new(error.kind(), error.to_string());
            FileError::write(path)(error).into()
        }
        error => Error::Parquet {
            path: path.to_owned(),
            source: Box::new(error),
        },
    }
}

fn turn_columns(rows: &[(&Conversation, usize)]) -> Vec<Column> {
    let turns = || {
        rows.iter()
            .map(|&(conversation, position)| &conversation.turns[position])
    };
    let conversations = || rows.iter().map(|&(conversation, _)| conversation);
    let positions = rows.iter().map(|&(_, position)| position as u32);
    vec![
        numbers("conversation", conversations().map(|one| one.id)),
        numbers("channel", conversations().map(|one| one.channel_id)),
        texts("split", conversations().map(|one| one.split.name())),
        column("position", positions.collect::<Vec<u32>>()),
        number_lists("message_ids", turns().map(|turn| &*turn.message_ids)),
        texts("author", turns().map(|turn| &*turn.author)),
        texts("text", turns().map(|turn| &*turn.text)),
        column(
            "timestamp_ms",
            turns().map(|turn| turn.timestamp_ms).collect::<Vec<i64>>(),
        ),
        column(
            "reply_to",
            turns()
                .map(|turn| turn.reply_to.map(|position| position as u32))
                .collect::<Vec<Option<u32>>>(),
        ),
        column(
            "is_target",
            turns().map(|turn| turn.is_target).collect::<Vec<bool>>(),
        ),
        column(
            "quoted",
            turns().map(|turn| turn.quoted).collect::<Vec<bool>>(),
        ),
        column(
            "copies",
            turns().map(|turn| turn.copies).collect::<Vec<u32>>(),
        ),
        column(
            "reactions",
            turns().map(|turn| turn.reactions).collect::<Vec<u32>>(),
        ),
    ]
}

fn pair_columns(pairs: &[PreferencePair]) -> Vec<Column> {
    let text = |messages: &[persona_core::ChatMessage]| {
        messages
            .iter()
            .map(|message| message.content.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let rules = pairs.iter().map(|pair| crate::render::rule_name(pair.rule));
    let rejected_ids = pairs.iter().map(|pair| pair.rejected_id);
    vec![
        text_lists(
            "prompt_roles",
            pairs.iter().map(|pair| {
                pair.prompt
                    .iter()
                    .map(|message| Role::name(message.role))
                    .collect()
            }),
        ),
        text_lists(
            "prompt",
            pairs.iter().map(|pair| {
                pair.prompt
                    .iter()
                    .map(|message| &*message.content)
                    .collect()
            }),
        ),
        column(
            "chosen",
            pairs
                .iter()
                .map(|pair| text(&pair.chosen))
                .collect::<Vec<_>>(),
        ),
        column(
            "rejected",
            pairs
                .iter()
                .map(|pair| text(&pair.rejected))
                .collect::<Vec<_>>(),
        ),
        texts("split", pairs.iter().map(|pair| pair.split.name())),
        texts("rule", rules),
        column(
            "reactions",
            pairs
                .iter()
                .map(|pair| pair.reactions)
                .collect::<Vec<u32>>(),
        ),
        numbers("chosen_id", pairs.iter().map(|pair| pair.chosen_id)),
        column("rejected_id", rejected_ids.collect::<Vec<Option<u64>>>()),
    ]
}

fn column<V, P: ?Sized>(name: &str, values: V) -> Column
where
    Series: NamedFrom<V, P>,
{
    <Series as NamedFrom<V, P>>::new(name.into(), values).into()
}

fn numbers(name: &str, values: impl Iterator<Item = u64>) -> Column {
    Series::new(name.into(), values.collect::<Vec<u64>>()).into()
}

fn texts<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Column {
    Series::new(name.into(), values.collect::<Vec<&str>>()).into()
}

fn number_lists<'a>(name: &str, lists: impl Iterator<Item = &'a [u64]>) -> Column {
    let name: PlSmallStr = name.into();
    let mut builder = ListPrimitiveChunkedBuilder::<UInt64Type>::new(name, 0, 0, DataType::UInt64);
    lists.for_each(|list| builder.append_slice(list));
    builder.finish().into_series().into()
}

fn text_lists<'a>(name: &str, lists: impl Iterator<Item = Vec<&'a str>>) -> Column {
    let mut builder = ListStringChunkedBuilder::new(name.into(), 0, 0);
    lists.for_each(|list| builder.append_values_iter(list.into_iter()));
    builder.finish().into_series().into()
}

#[cfg(test)]
mod tests;
