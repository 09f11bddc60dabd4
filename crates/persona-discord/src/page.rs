//! Pages of history, decoded message by message.

use persona_core::Id;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    fields::Snowflake,
    message::{self, DecodeError, DecodedMessage},
};

/// Position in a channel's history to read a page from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePosition {
    /// Oldest messages that are newer than this one.
    After(Id),
    /// Newest messages that are older than this one.
    Before(Id),
    /// Newest messages of the channel.
    Latest,
}

/// Elements of a list, and those that were not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// Records that were understood.
    pub items: Vec<T>,
    /// Records that were not understood.
    pub odd: Vec<OddRecord>,
}

/// Record that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddRecord {
    /// Id of the record, where it could be read.
    pub id: Option<Id>,
    /// Description of the fault.
    pub reason: String,
    /// JSON as it was received.
    pub raw: String,
}

/// One page of a channel's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The messages, oldest first, each once.
    pub messages: Vec<DecodedMessage>,
    /// Messages that were not understood.
    pub odd: Vec<OddRecord>,
    /// Largest id on the page, odd messages included.
    pub newest: Option<Id>,
    /// Smallest id on the page, odd messages included.
    pub oldest: Option<Id>,
    /// Number of messages that the server gave. Fewer than requested means that there are no more.
    pub received: usize,
}

impl Page {
    /// Decodes the JSON of a page of `channel`. A message that names another channel is odd.
    pub fn decode(channel: Id, json: &[u8]) -> Result<Self, serde_json::Error> {
        let list = list(json, |json| {
            let record = message::decode(Some(channel), json)?;
            let found = record.message.channel_id;
            if found == channel {
                return Ok(record);
            }
            Err(format!("it is of channel {found}, and channel {channel} was asked for").into())
        })?;
        let List { mut items, odd } = list;
        let received = items.len() + odd.len();
        // Pages arrive newest first, with nearly equal times in any order.
        items.sort_by_key(|record| record.message.id);
        items.dedup_by_key(|record| record.message.id);
        let ids = || {
            let odd = odd.iter().filter_map(|odd| odd.id);
            items.iter().map(|record| record.message.id).chain(odd)
        };
        Ok(Self {
            newest: ids().max(),
            oldest: ids().min(),
            received,
            messages: items,
            odd,
        })
    }
}

/// Decodes a list, each element by itself.
pub(crate) fn list<T>(
    json: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> Result<List<T>, serde_json::Error> {
    let elements: Vec<&RawValue> = serde_json::from_slice(json)?;
    let (mut items, mut odd) = (Vec::with_capacity(elements.len()), Vec::new());
    for element in elements {
        match decode(element.get().as_bytes()) {
            Ok(item) => items.push(item),
            Err(bad) => odd.push(OddRecord {
                id: id(element.get()),
                reason: bad.reason,
                raw: element.get().to_owned(),
            }),
        }
    }
    Ok(List { items, odd })
}

/// Id of a record of which nothing else may be readable.
fn id(json: &str) -> Option<Id> {
    #[derive(Deserialize)]
    struct Only {
        id: Snowflake,
    }
    serde_json::from_str::<Only>(json)
        .ok()
        .map(|only| only.id.0)
}
