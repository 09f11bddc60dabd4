//! Traces of a person outside `messages`: odd records, names of channels, the bot's live memory, feedback and settings.

use persona_core::{mentions, speaker::ENDS_SPEAKER};
use rusqlite::{Connection, named_params};
use serde_json::Value;

use crate::sql::execute;

/// Removes odd records that hold the person's id, or one of the person's names as a whole JSON string.
pub(crate) fn remove_rejected(
    connection: &Connection,
    id: i64,
    names: &[String],
) -> rusqlite::Result<u64> {
    let mut gone = execute(
        connection,
        "DELETE FROM rejected WHERE instr(raw, ?1)",
        [id.to_string()],
    )?;
    for name in names {
        let quoted = Value::from(name.as_str()).to_string();
        gone += execute(
            connection,
            "DELETE FROM rejected WHERE instr(raw, ?1)",
            [quoted],
        )?;
    }
    Ok(gone)
}

/// Removes the person from topics, and from names of direct-message channels, which are named after people.
pub(crate) fn scrub_channels(
    connection: &Connection,
    id: i64,
    names: &[String],
) -> rusqlite::Result<()> {
    let sql = "SELECT id, topic FROM channels WHERE instr(topic, '<@' || ?1 || '>') OR instr(topic, '<@!' || ?1 || '>')";
    let topics: Vec<(i64, String)> = rows(connection, sql, id)?;
    for (channel, topic) in topics {
        let gone = |found: u64| (found == id.cast_unsigned()).then(|| mentions::SOMEONE.to_owned());
        let topic = mentions::replace_raw(&topic, &gone).into_owned();
        let values = named_params! { ":id": channel, ":topic": topic };
        execute(
            connection,
            "UPDATE channels SET topic = :topic WHERE id = :id",
            values,
        )?;
    }
    for name in names {
        // With the latest possible time of observation, no source can restore the old name.
        let sql = "UPDATE channels SET name = replace(name, ?1, 'someone'), observed_ms = ?2
            WHERE kind = 'direct' AND instr(name, ?1)";
        execute(connection, sql, (name, i64::MAX))?;
    }
    Ok(())
}

/// Removes the channel of direct messages with the person, and its record of the last seen message.
pub(crate) fn remove_direct(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let of_person = "(SELECT channel_id FROM direct_channels WHERE author_id = ?1)";
    for table in ["last_seen", "direct_channels"] {
        let sql = format!("DELETE FROM {table} WHERE channel_id IN {of_person}");
        execute(connection, &sql, [id])?;
    }
    Ok(())
}

/// Replaces mentions of the person in remembered messages of others.
pub(crate) fn scrub_memory(connection: &Connection, pseudonym: &str) -> rusqlite::Result<()> {
    let sql = "SELECT message_id, content FROM conversation_memory WHERE instr(content, '@' || ?1)";
    let memories: Vec<(i64, String)> = rows(connection, sql, pseudonym)?;
    for (message, content) in memories {
        let values =
            named_params! { ":id": message, ":content": without_handle(&content, pseudonym) };
        let sql = "UPDATE conversation_memory SET content = :content WHERE message_id = :id";
        execute(connection, sql, values)?;
    }
    Ok(())
}

/// Removes feedback whose prompt holds the person's words, and replaces mentions of the person in all other feedback.
/// Returns the number of removed rows.
pub(crate) fn scrub_feedback(connection: &Connection, pseudonym: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT message_id, prompt, reply FROM feedback WHERE instr(prompt, ?1) OR instr(reply, ?1)";
    let found: Vec<(i64, String, String)> = connection
        .prepare(sql)?
        .query_map([pseudonym], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut gone = 0;
    for (message, prompt, reply) in found {
        let (prompt, reply) = (
            without_handle(&prompt, pseudonym),
            without_handle(&reply, pseudonym),
        );
        if is_speaker(&prompt, pseudonym) {
            gone += execute(
                connection,
                "DELETE FROM feedback WHERE message_id = ?1",
                [message],
            )?;
        } else {
            let sql = "UPDATE feedback SET prompt = :prompt, reply = :reply WHERE message_id = :id";
            let values = named_params! { ":id": message, ":prompt": prompt, ":reply": reply };
            execute(connection, sql, values)?;
        }
    }
    Ok(gone)
}

/// Whether the pseudonym stands in a prompt as a speaker, in whatever form: not inside a longer word.
fn is_speaker(prompt: &str, pseudonym: &str) -> bool {
    prompt.match_indices(pseudonym).any(|(at, _)| {
        let (before, after) = (&prompt[..at], &prompt[at + pseudonym.len()..]);
        if !after.starts_with(|char| ENDS_SPEAKER.contains(char)) {
            return false;
        }
        // In JSON text a line may begin after `\n`, whose second character is a letter.
        before.ends_with("\\n") || !before.ends_with(|char: char| char.is_ascii_alphanumeric())
    })
}

/// Removes the person's id from lists in settings, such as the admins, and removes settings whose value is the id.
/// Returns the number of changed settings.
pub(crate) fn scrub_settings(connection: &Connection, id: i64) -> rusqlite::Result<u64> {
    let sql =
        "SELECT guild_id, key, value FROM bot_settings WHERE instr(value, ?1) OR instr(key, ?1)";
    let found: Vec<(i64, String, String)> = connection
        .prepare(sql)?
        .query_map([id.to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut changed = 0;
    for (guild, key, value) in found {
        let named = key
            .split(|char: char| !char.is_ascii_digit())
            .any(|part| part == id.to_string());
        let before: Value = serde_json::from_str(&value).unwrap_or_default();
        let after = without_id(before.clone(), id).filter(|_| !named);
        if after.as_ref() == Some(&before) {
            continue;
        }
        changed += 1;
        let value = after.map(|value| value.to_string());
        let sql = if value.is_some() {
            "UPDATE bot_settings SET value = :value WHERE guild_id = :guild AND key = :key"
        } else {
            "DELETE FROM bot_settings WHERE guild_id = :guild AND key = :key AND :value IS NULL"
        };
        execute(
            connection,
            sql,
            named_params! { ":guild": guild, ":key": key, ":value": value },
        )?;
    }
    Ok(changed)
}

fn without_id(value: Value, id: i64) -> Option<Value> {
    match value {
        Value::Number(number) if number.as_i64() == Some(id) => None,
        Value::String(text) if text == id.to_string() => None,
        Value::Array(values) => Some(
            values
                .into_iter()
                .filter_map(|value| without_id(value, id))
                .collect(),
        ),
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(key, _)| *key != id.to_string());
            Some(Value::Object(
                kept.filter_map(|(key, value)| Some((key, without_id(value, id)?)))
                    .collect(),
            ))
        }
        other => Some(other),
    }
}

fn rows(
    connection: &Connection,
    sql: &str,
    value: impl rusqlite::ToSql,
) -> rusqlite::Result<Vec<(i64, String)>> {
    connection
        .prepare(sql)?
        .query_map([value], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// `text` with mentions `@<pseudonym>` of a person replaced.
fn without_handle(text: &str, pseudonym: &str) -> String {
    mentions::replace_handle(text, pseudonym, mentions::SOMEONE).into_owned()
}
