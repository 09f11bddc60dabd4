//! Answers of Discord's API: pages of messages, and channels.

use std::collections::BTreeSet;

use persona_core::{Channel, ChannelKind, Id};
use persona_discord::{ChannelInfo, Page, decode};
use persona_store::Store;
use serde_json::value::RawValue;

const CHANNEL: Id = 7;

/// Every element of a page is a message or odd; messages are in order, each once, and the store takes them and gives them back
/// as they are.
pub fn discord_page(data: &[u8]) -> bool {
    if let Ok(info) = ChannelInfo::decode(100, data) {
        assert_eq!(info.channel.guild_id, 100);
        assert!(i64::try_from(info.channel.id).is_ok());
    }
    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(data) else {
        assert!(Page::decode(CHANNEL, data).is_err());
        return false;
    };
    let page = Page::decode(CHANNEL, data).unwrap();
    assert_eq!(page.received, elements.len());
    let ids: Vec<Id> = page.messages.iter().map(|one| one.message.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    let odd = page.odd.iter().filter_map(|odd| odd.id);
    let all: BTreeSet<Id> = ids.iter().copied().chain(odd).collect();
    assert_eq!(
        (page.oldest, page.newest),
        (all.first().copied(), all.last().copied())
    );
    let mut whole = 0;
    for element in elements {
        if let Ok(record) = decode(Some(CHANNEL), element.get().as_bytes())
            && record.message.channel_id == CHANNEL
        {
            assert!(ids.contains(&record.message.id));
            whole += 1;
        }
    }
    assert_eq!(page.received, whole + page.odd.len());
    assert_store_takes(&page);
    !page.messages.is_empty() && page.odd.is_empty()
}

fn assert_store_takes(page: &Page) {
    if page.messages.is_empty() {
        return;
    }
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    let channel = Channel {
        id: CHANNEL,
        guild_id: 100,
        parent_id: None,
        kind: ChannelKind::Text,
        name: "general".to_owned(),
        topic: None,
    };
    batch.upsert_channel(&channel, 1).unwrap();
    for record in &page.messages {
        batch.upsert_author(&record.author, 1).unwrap();
        batch.upsert_message(&record.message, 1).unwrap();
    }
    batch.commit().unwrap();
    let mut stored = store.messages_of_channel(CHANNEL).unwrap();
    stored.sort_by_key(|message| message.id);
    let given: Vec<_> = page
        .messages
        .iter()
        .map(|one| one.message.clone())
        .collect();
    assert_eq!(stored, given);
}
