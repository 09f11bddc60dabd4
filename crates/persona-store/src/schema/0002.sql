-- How far a channel was read from Discord: from `begin_id`, not included, to `after_id` without a gap.
-- `channels.last_message_id` is the newest message ever seen, whatever lies before it.
-- `pages` were read since the channel was last read to its end: the order in which channels take turns follows from it.
CREATE TABLE cursors (
    channel_id INTEGER PRIMARY KEY,
    begin_id INTEGER NOT NULL,
    after_id INTEGER NOT NULL,
    pages INTEGER NOT NULL
) STRICT;

-- Who is never let in again. The person's id is not kept: a mark is a hash of it, with a salt of this store.
CREATE TABLE forgotten (
    mark BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten_salt (
    salt BLOB NOT NULL
) STRICT;

-- Sentence models by name, and how many numbers one of their vectors has.
CREATE TABLE embedders (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL CHECK (dimensions > 0)
) STRICT;

-- A vector is a little-endian f32, the scale, and a signed byte per dimension: a quarter of the bytes to read, where all
-- of them are read for every search.
ALTER TABLE embeddings RENAME TO plain_embeddings;
CREATE TABLE embeddings (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    embedder_id INTEGER NOT NULL REFERENCES embedders (id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    PRIMARY KEY (message_id, embedder_id)
) STRICT, WITHOUT ROWID;
INSERT INTO embedders (name, dimensions)
    SELECT model, min(length(vector) / 4) FROM plain_embeddings WHERE length(vector) >= 4 GROUP BY model ORDER BY model;
INSERT INTO embeddings (message_id, embedder_id, vector)
    SELECT message_id, embedders.id, quantised(vector) FROM plain_embeddings JOIN embedders ON embedders.name = model
    WHERE length(vector) = 4 * dimensions;
DROP TABLE plain_embeddings;

-- Which messages the bot has taken on, and with what it answered. It outlives the memory, which is pruned, so that
-- nothing is answered twice however late it is seen again.
CREATE TABLE answers (
    message_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    claimed_ms INTEGER NOT NULL,
    reply_id INTEGER
) STRICT;
CREATE INDEX answers_by_reply ON answers (reply_id) WHERE reply_id IS NOT NULL;
INSERT INTO answers (message_id, channel_id, claimed_ms, reply_id)
    SELECT message_id, channel_id, timestamp_ms, answered_by FROM conversation_memory WHERE answered_by IS NOT NULL;
ALTER TABLE conversation_memory DROP COLUMN answered_by;
CREATE INDEX conversation_memory_of_author ON conversation_memory (author_id);

-- The newest message that the bot has seen in a channel, whether it was worth remembering or not.
CREATE TABLE last_seen (
    channel_id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL
) STRICT;
INSERT INTO last_seen (channel_id, message_id)
    SELECT channel_id, max(message_id) FROM conversation_memory GROUP BY channel_id;

-- Channels of direct messages, which no list of Discord's names, and with whom.
CREATE TABLE direct_channels (
    channel_id INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL
) STRICT;

-- The message that the bot answered.
ALTER TABLE feedback ADD COLUMN reply_to INTEGER;

-- The messages after the first of a reply that was too long for one, and what people think of each.
CREATE TABLE feedback_parts (
    message_id INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL REFERENCES feedback (message_id) ON DELETE CASCADE,
    positive INTEGER NOT NULL DEFAULT 0,
    negative INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX feedback_parts_of ON feedback_parts (first_id);

-- Replies with the judgements of all their parts.
CREATE VIEW replies AS
    SELECT message_id, channel_id, timestamp_ms, reply_to, prompt, reply, retracted,
        positive + coalesce((SELECT sum(positive) FROM feedback_parts WHERE first_id = feedback.message_id), 0) AS positive,
        negative + coalesce((SELECT sum(negative) FROM feedback_parts WHERE first_id = feedback.message_id), 0) AS negative
    FROM feedback;
