//! Lists of threads: active ones of a server, archived ones of a channel.

use jiff::{SignedDuration, Timestamp};
use persona_core::Id;
use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::http::{LightMethod, Request, Route};

use crate::{
    calls::{ChannelInfo, channel_id, guild_id},
    error::Error,
    page::{self, List, OddRecord},
    request_label::request_label,
    rest::Rest,
};

/// Largest number of archived threads on a page.
const THREADS_PER_PAGE: u32 = 100;

/// Kind of archived threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadList {
    /// Public threads.
    Public,
    /// Private threads; the bot must be allowed to manage threads.
    Private,
    /// Private threads that the bot is in.
    Joined,
}

/// One page of threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threads {
    /// The threads.
    pub items: Vec<ChannelInfo>,
    /// Threads that were not understood.
    pub odd: Vec<OddRecord>,
    /// Position of the next page; `None` after the last one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct ThreadsField {
    threads: Box<RawValue>,
    #[serde(default)]
    has_more: bool,
}

impl Rest {
    /// Requests all threads of a server that are not archived, as far as the bot sees them.
    pub async fn active_threads(&self, guild: Id) -> Result<List<ChannelInfo>, Error> {
        let route = Route::GuildThreadsActive {
            guild_id: guild_id(guild)?,
        };
        let request = Request::new(route, LightMethod::Get);
        let place = request_label(&request);
        let field: ThreadsField = self.fire_as(request).await?;
        channels(place, guild, &field)
    }

    /// Requests a page of a channel's archived threads, latest archived first. `before` is [`Threads::next`] of the
    /// page before, `None` for the first page.
    pub async fn archived_threads(
        &self,
        guild: Id,
        channel: Id,
        list: ThreadList,
        before: Option<&str>,
    ) -> Result<Threads, Error> {
        let channel_id = channel_id(channel)?;
        let route = match list {
            ThreadList::Public => Route::ChannelArchivedPublicThreads { channel_id },
            ThreadList::Private => Route::ChannelArchivedPrivateThreads { channel_id },
            ThreadList::Joined => Route::ChannelJoinedPrivateThreads { channel_id },
        };
        let mut params = vec![("limit", THREADS_PER_PAGE.to_string())];
        params.extend(before.map(|before| ("before", before.to_owned())));
        let request = Request::new(route, LightMethod::Get).params(Some(params));
        let place = request_label(&request);
        let field: ThreadsField = self.fire_as(request).await?;
        let List { items, odd } = channels(place, guild, &field)?;
        let next = field.has_more.then(|| next(list, &items, before)).flatten();
        Ok(Threads {
            // A position that does not move would request the same page for ever.
            next: next.filter(|next| before != Some(next.as_str())),
            items,
            odd,
        })
    }
}

fn channels(place: String, guild: Id, field: &ThreadsField) -> Result<List<ChannelInfo>, Error> {
    page::list(field.threads.get().as_bytes(), |json| {
        ChannelInfo::decode(guild, json)
    })
    .map_err(|error| Error::Answer {
        place,
        reason: error.to_string(),
    })
}

/// Position of the next page. Lists go by time of archiving, those of joined threads by id. Several threads may be
/// archived at the same moment: the next page begins with the last moment of this one, unless this page holds no other.
fn next(list: ThreadList, threads: &[ChannelInfo], before: Option<&str>) -> Option<String> {
    if list == ThreadList::Joined {
        let last = threads.iter().map(|thread| thread.channel.id).min()?;
        return Some(last.to_string());
    }
    let times = threads.iter().filter_map(|thread| {
        let time = thread.archived_at.as_deref()?;
        time.parse::<Timestamp>().ok()
    });
    let last = times.min()?;
    // Written with `Z`, because a `+` in a parameter would become a space.
    let with_it = last
        .checked_add(SignedDuration::from_millis(1))
        .ok()?
        .to_string();
    Some(if before == Some(with_it.as_str()) {
        last.to_string()
    } else {
        with_it
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ChannelInfo, ThreadList, next};

    #[test]
    fn the_next_page_begins_where_the_last_one_ends() {
        let thread = |id: u64, at: &str| {
            let json = json!({
                "id": id.to_string(), "type": 11, "name": "t", "parent_id": "5",
                "thread_metadata": {"archived": true, "archive_timestamp": at}
            });
            ChannelInfo::decode(1, json.to_string().as_bytes()).unwrap()
        };
        let threads = [
            thread(30, "2024-01-31T12:00:00.123456+00:00"),
            thread(10, "2024-01-31T14:00:00+02:30"),
            thread(20, "2024-01-31T11:45:00+00:00"),
        ];
        let public = |before| next(ThreadList::Public, &threads, before).unwrap();
        assert_eq!(public(None), "2024-01-31T11:30:00.001Z");
        assert_eq!(
            public(Some("2024-01-31T13:00:00Z")),
            "2024-01-31T11:30:00.001Z"
        );
        assert_eq!(
            public(Some("2024-01-31T11:30:00.001Z")),
            "2024-01-31T11:30:00Z"
        );
        assert_eq!(next(ThreadList::Joined, &threads, None).unwrap(), "10");
        assert_eq!(next(ThreadList::Private, &[], None), None);
    }
}
