//! Discord's own data package: the messages of one account, a folder per channel, without what others wrote.

use persona_core::{Author, Message, MessageKind};
use persona_discord::{DecodeError, fields::Snowflake, time};
use serde::Deserialize;

use crate::record::{ObservedMessage, SourceChannel};

/// Columns of `messages.csv`, in order; the keys of `messages.json` are the same.
pub(crate) const COLUMNS: [&str; 4] = ["ID", "Timestamp", "Contents", "Attachments"];

/// Channel and author of a data package's messages, from the files beside them.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) source_channel: SourceChannel,
    pub(crate) owner: Author,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MessageField {
    #[serde(rename = "ID")]
    id: Snowflake,
    timestamp: String,
    contents: Option<String>,
    attachments: Option<String>,
}

/// Decodes one element of `messages.json`.
pub(crate) fn decode(setting: &Setting, json: &[u8]) -> Result<ObservedMessage, DecodeError> {
    let field: MessageField = serde_json::from_slice(json)?;
    record(
        setting,
        field.id.0,
        &field.timestamp,
        field.contents.unwrap_or_default(),
        field.attachments.as_deref().unwrap_or_default(),
    )
}

/// Decodes one line of `messages.csv`; `columns` holds the positions of the four fields.
pub(crate) fn decode_row(
    setting: &Setting,
    columns: [usize; 4],
    row: &csv::ByteRecord,
) -> Result<ObservedMessage, DecodeError> {
    let field = |index: usize| -> Result<&str, DecodeError> {
        let name = COLUMNS[index];
        let bytes = row
            .get(columns[index])
            .ok_or_else(|| format!("no `{name}`: {} fields", row.len()))?;
        str::from_utf8(bytes).map_err(|_| format!("`{name}` is not UTF-8").into())
    };
    let id: Snowflake = serde_json::from_value(field(0)?.into())?;
    record(setting, id.0, field(1)?, field(2)?.to_owned(), field(3)?)
}

fn record(
    setting: &Setting,
    id: u64,
    timestamp: &str,
    content: String,
    attachments: &str,
) -> Result<ObservedMessage, DecodeError> {
    let message = Message {
        id,
        channel_id: setting.source_channel.channel.id,
        author_id: setting.owner.id,
        timestamp_ms: time::parse(timestamp)?,
        kind: MessageKind::Default,
        content,
        // Attachments are links, separated by spaces.
        attachments: attachments.split_whitespace().count() as u32,
        ..Message::default()
    };
    Ok(ObservedMessage::new(setting.owner.clone(), message, None))
}
