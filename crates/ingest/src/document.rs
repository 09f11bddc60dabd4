//! Reads one document of any format into the sink.

use std::io::Read;

use persona_discord::DecodeError;

use crate::{
    archive::{ArchiveReader, Document},
    companions::{self, Companions},
    dce::{self, Header},
    elements::{Element, Elements},
    output::{DocumentError, Output},
    package::{self, Setting},
    recognise::{self, Key, Shape},
    record::ObservedMessage,
    report::Format,
    scan::Scanner,
    table,
};

/// Context for reading a document.
pub(crate) struct Context<'a> {
    pub(crate) document: &'a Document,
    pub(crate) archives: &'a mut ArchiveReader,
    pub(crate) companions: &'a mut Companions,
    pub(crate) output: Output<'a>,
}

/// Reads a document to its end, or as far as possible.
pub(crate) fn read(context: &mut Context<'_>) -> Result<(), DocumentError> {
    let Context {
        document,
        archives,
        companions,
        output,
    } = context;
    let shape = archives.with(document, None, |reader| {
        recognise::shape(&mut Scanner::new(reader))
    })?;
    match shape {
        Shape::Chat(header) => {
            let header = match header {
                Some(header) => Some(*header),
                None => archives.with(document, None, |reader| {
                    recognise::header(&mut Scanner::new(reader))
                })?,
            };
            let header = header.ok_or_else(|| {
                output.unknown(
                    "the top level".to_owned(),
                    "messages, but no `guild` and `channel` with ids".to_owned(),
                )
            })?;
            output.begin(
                Format::DiscordChatExporter,
                Some(header.source_channel.clone()),
            );
            stream(archives, document, output, |reader, output| {
                chat(reader, output, &header)
            })
        }
        Shape::Api => {
            let channel = companions::channel_in_names(document);
            output.begin(Format::DiscordApi, None);
            stream(archives, document, output, |reader, output| {
                list(reader, output, &|json| {
                    let record = persona_discord::decode(channel, json)?;
                    Ok(ObservedMessage::new(record.author, record.message, None))
                })
            })
        }
        Shape::Package | Shape::PackageTable => {
            let setting = companions.setting(archives, document).ok_or_else(|| {
                output.unknown(
                    "beside it".to_owned(),
                    "no `channel.json`, and no channel id in the name of the folder".to_owned(),
                )
            })?;
            let table = matches!(shape, Shape::PackageTable);
            output.begin(
                if table {
                    Format::DataPackageCsv
                } else {
                    Format::DataPackageJson
                },
                Some(setting.source_channel.clone()),
            );
            stream(archives, document, output, |reader, output| {
                package(reader, output, &setting, table)
            })
        }
        Shape::Broken { offset, reason } => {
            output.begin(Format::DiscordChatExporter, None);
            Err(output.broken(offset, reason))
        }
        Shape::Unknown { place, found } => Err(output.unknown(place, found)),
    }
}

fn stream(
    archives: &mut ArchiveReader,
    document: &Document,
    output: &mut Output<'_>,
    consume: impl FnOnce(&mut dyn Read, &mut Output<'_>) -> Result<(), DocumentError>,
) -> Result<(), DocumentError> {
    let task = output.task;
    archives.with(document, Some(task), |reader| consume(reader, output))?
}

fn chat(
    reader: &mut dyn Read,
    output: &mut Output<'_>,
    header: &Header,
) -> Result<(), DocumentError> {
    let scanner = &mut Scanner::new(reader);
    enter(scanner);
    let mut announced = None;
    let mut after = "before the messages";
    loop {
        match recognise::next_key(scanner) {
            Key::Named(key) if key == "messages" && scanner.peek() == Some(b'[') => {
                scanner.bump();
                elements(scanner, output, &|json| dce::decode(header, json))?;
                after = "after the messages";
            }
            Key::Named(key) => {
                if scanner.value().is_err() {
                    return Err(output.broken_here(scanner, after));
                }
                if key == "messageCount" {
                    announced = serde_json::from_slice::<u64>(scanner.kept()).ok();
                }
            }
            Key::Close => break,
            Key::Broken => return Err(output.broken_here(scanner, after)),
        }
    }
    output.finish(scanner, announced)
}

fn package(
    reader: &mut dyn Read,
    output: &mut Output<'_>,
    setting: &Setting,
    table: bool,
) -> Result<(), DocumentError> {
    if table {
        return table::read(reader, output, setting);
    }
    list(reader, output, &|json| package::decode(setting, json))
}

fn list(
    reader: &mut dyn Read,
    output: &mut Output<'_>,
    decode: &dyn Fn(&[u8]) -> Result<ObservedMessage, DecodeError>,
) -> Result<(), DocumentError> {
    let scanner = &mut Scanner::new(reader);
    enter(scanner);
    elements(scanner, output, decode)?;
    output.finish(scanner, None)
}

/// Skips the bracket at the beginning of the document.
fn enter(scanner: &mut Scanner<'_>) {
    scanner.skip_mark();
    scanner.skip_space();
    scanner.bump();
}

fn elements(
    scanner: &mut Scanner<'_>,
    output: &mut Output<'_>,
    decode: &dyn Fn(&[u8]) -> Result<ObservedMessage, DecodeError>,
) -> Result<(), DocumentError> {
    let mut elements = Elements::new(scanner);
    loop {
        match elements.next(decode) {
            Element::Whole(record) => output.take(record)?,
            Element::Odd {
                position,
                reason,
                raw,
            } => output.take_odd(position, reason, raw)?,
            Element::Close => return Ok(()),
            Element::Broken { inside } => {
                return Err(output.broken_here(elements.scanner(), inside));
            }
        }
    }
}
