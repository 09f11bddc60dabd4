use persona_core::{Mention, Message};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};

use super::examples::{author, channel, message};
use crate::Store;

proptest! {
    /// Forgetting and reading again gives the same content as keeping the person out from the start.
    #[test]
    fn forgetting_is_the_same_before_and_after(
        written in btree_map(1_u64..40, (1_u64..4, vec(1_u64..4, 0..3), "[a-c]{0,3}"), 1..20)
    ) {
        let messages: Vec<Message> = written
            .into_iter()
            .map(|(id, (author_id, named, text))| Message {
                author_id,
                content: named.iter().fold(text, |text, id| format!("{text} <@{id}> @Name {id}")),
                mentions: named
                    .iter()
                    .map(|id| Mention { id: *id, name: format!("name{id}"), display_name: format!("Name {id}") })
                    .collect(),
                ..message(id)
            })
            .collect();
        let read = |store: &mut Store| {
            let batch = store.batch().unwrap();
            batch.upsert_channel(&channel(7), 1).unwrap();
            for person in 1..4 {
                batch.upsert_author(&author(person), 1).unwrap();
            }
            for message in &messages {
                batch.upsert_message(message, 1).unwrap();
            }
            batch.commit().unwrap();
        };
        let mut after = Store::in_memory().unwrap();
        read(&mut after);
        after.forget(2).unwrap();
        let once = after.hash(false).unwrap();
        read(&mut after);
        prop_assert_eq!(after.hash(false).unwrap(), once.clone());
        let mut before = Store::in_memory().unwrap();
        before.forget(2).unwrap();
        read(&mut before);
        prop_assert_eq!(before.hash(false).unwrap(), once);
    }
}
