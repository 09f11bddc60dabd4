//! Hash over everything that the dataset is built from.

use blake3::Hasher;
use persona_core::Message;

use crate::{codes, error::Error, feedback::FeedbackRow, store::Store};

/// Domain string of the hash; to be changed when the hash is computed in another way, so that old manifests stop
/// matching.
const FORM: &str = "persona store content 1";

impl Store {
    /// BLAKE3, in hexadecimal, over channels with their flags, authors with their flags and pseudonyms, all messages
    /// that are not deleted, with reactions and mentions, and all feedback.
    ///
    /// The hash does not depend on the bytes of the file, and on the order of insertion only through the pseudonyms.
    pub fn content_hash(&self) -> Result<String, Error> {
        self.hash(true)
    }

    /// Content hash, with or without pseudonyms.
    pub(crate) fn hash(&self, with_pseudonyms: bool) -> Result<String, Error> {
        let _snapshot = self.snapshot()?;
        let mut feed = Feed(Hasher::new_derive_key(FORM));
        for stored in self.authors()? {
            feed.text("author").number(stored.author.id);
            feed.text(&stored.author.name)
                .text(&stored.author.display_name);
            feed.number(u64::from(stored.author.is_bot))
                .number(u64::from(stored.opted_out));
            if with_pseudonyms {
                feed.number(u64::from(stored.number));
            }
        }
        for stored in self.channels()? {
            let channel = &stored.channel;
            feed.text("channel")
                .number(channel.id)
                .number(channel.guild_id)
                .optional(channel.parent_id);
            feed.text(codes::channel_kind(channel.kind))
                .text(&channel.name);
            feed.text(channel.topic.as_deref().unwrap_or_default())
                .number(u64::from(stored.allowed));
            self.stream(channel.id, |message| {
                feed.message(&message);
                Ok::<_, Error>(())
            })?;
        }
        for row in self.feedback()? {
            feed.feedback(&row);
        }
        Ok(feed.0.finalize().to_hex().to_string())
    }
}

/// Hasher that takes every value with its length or in a fixed width, so that different contents never give the same
/// bytes.
struct Feed(Hasher);

impl Feed {
    fn number(&mut self, value: u64) -> &mut Self {
        self.0.update(&value.to_le_bytes());
        self
    }

    fn optional(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.number(1).number(value),
            None => self.number(0),
        }
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.number(value.len() as u64);
        self.0.update(value.as_bytes());
        self
    }

    fn feedback(&mut self, row: &FeedbackRow) {
        self.text("feedback")
            .number(row.message_id)
            .number(row.channel_id)
            .number(row.timestamp_ms.cast_unsigned())
            .optional(row.reply_to);
        for message in &row.prompt {
            self.text(message.role.name()).text(&message.content);
        }
        self.text("reply").text(&row.reply);
        self.number(u64::from(row.positive))
            .number(u64::from(row.negative))
            .number(u64::from(row.retracted));
    }

    fn message(&mut self, message: &Message) {
        self.text("message")
            .number(message.id)
            .number(message.author_id);
        self.number(message.timestamp_ms.cast_unsigned());
        self.optional(message.edited_ms.map(i64::cast_unsigned));
        self.text(codes::message_kind(message.kind))
            .text(&message.content);
        self.optional(message.reply_to)
            .number(u64::from(message.attachments));
        for reaction in &message.reactions {
            self.text("reaction")
                .text(&reaction.emoji)
                .optional(reaction.emoji_id)
                .number(u64::from(reaction.count));
        }
        for mention in &message.mentions {
            self.text("mention")
                .number(mention.id)
                .text(&mention.name)
                .text(&mention.display_name);
        }
    }
}
