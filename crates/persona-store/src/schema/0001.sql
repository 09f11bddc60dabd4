-- Every id is a snowflake. `observed_ms` is when the source saw the facts of the row; later observations win.
CREATE TABLE guilds (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    observed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL REFERENCES guilds (id),
    parent_id INTEGER,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    topic TEXT,
    allowed INTEGER NOT NULL DEFAULT 1 CHECK (allowed IN (0, 1)),
    last_message_id INTEGER,
    observed_ms INTEGER NOT NULL
) STRICT;

-- Numbers that only grow, so that a pseudonym is never given twice, even after its author was removed.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('pseudonym', 0);

-- Everybody who wrote or was mentioned.
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    pseudonym INTEGER NOT NULL UNIQUE CHECK (pseudonym > 0),
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    is_bot INTEGER NOT NULL CHECK (is_bot IN (0, 1)),
    opted_out INTEGER NOT NULL DEFAULT 0 CHECK (opted_out IN (0, 1)),
    observed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    author_id INTEGER NOT NULL REFERENCES authors (id),
    timestamp_ms INTEGER NOT NULL,
    edited_ms INTEGER,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    reply_to INTEGER,
    attachments INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    observed_ms INTEGER NOT NULL,
    reactions_observed_ms INTEGER NOT NULL
) STRICT;
-- The row id is part of every index: this one gives a channel's messages in the order of their ids.
CREATE INDEX messages_of_channel ON messages (channel_id);
CREATE INDEX messages_of_author ON messages (author_id);

CREATE TABLE reactions (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    emoji_id INTEGER,
    count INTEGER NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE mentions (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_of_author ON mentions (author_id);

-- Records that could not be understood, as they came, by the source's own name and the place in it.
CREATE TABLE rejected (
    source TEXT NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (source, position)
) STRICT;

-- Sentence vectors for retrieval: little-endian f32, one row per message and model.
CREATE TABLE embeddings (
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (message_id, model)
) STRICT, WITHOUT ROWID;

-- Settings of the bot as JSON, read per message. Guild 0 holds for every guild that sets nothing itself.
CREATE TABLE bot_settings (
    guild_id INTEGER NOT NULL DEFAULT 0,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (guild_id, key)
) STRICT, WITHOUT ROWID;

-- Figures of the bot per day (`2026-01-31`): seen, answered, latencies, tokens, memory, errors.
CREATE TABLE bot_statistics (
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;

-- What the bot has seen and said lately, per channel, so that a restart goes on in the middle of a conversation.
-- `answered_by` is the bot's reply to the message: it is set once, so that nothing is answered twice.
CREATE TABLE conversation_memory (
    message_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    content TEXT NOT NULL,
    reply_to INTEGER,
    answered_by INTEGER
) STRICT;
CREATE INDEX conversation_memory_of_channel ON conversation_memory (channel_id);

-- What people thought of the bot's own messages: the prompt (JSON chat messages) and reply, and their reactions.
CREATE TABLE feedback (
    message_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    prompt TEXT NOT NULL,
    reply TEXT NOT NULL,
    positive INTEGER NOT NULL DEFAULT 0,
    negative INTEGER NOT NULL DEFAULT 0,
    retracted INTEGER NOT NULL DEFAULT 0 CHECK (retracted IN (0, 1))
) STRICT;
