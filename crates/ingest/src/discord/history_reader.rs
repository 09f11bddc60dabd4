//! Reads channels side by side, and stores their pages in a fixed order.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
};

use persona_core::{Id, Progress};
use persona_discord::{Error as ApiError, MESSAGES_PER_PAGE, Page, PagePosition, time::now_ms};
use persona_store::Reread;

use super::{
    Inputs, Mode, Stopped,
    channels::ServerChannels,
    config::{Bounds, FetchConfig},
    error::{Error, Failure},
    evidence::{EMPTY_MAX, Evidence},
    plan::{self, ChannelJob},
    report::{ChannelState, Report},
    show::{Show, Step},
    task::{Spawned, StoreThread},
    unless_stopped,
    write::{self, PageWrite},
};
use crate::report::Totals;

const HIDDEN: &str = "Discord shows no messages, though there were some: the bot may lack Read Message History there";

/// Number of channels in a row without an answer after which reading stops.
const SILENT_MAX: u32 = 3;

/// A page that was requested.
type Answer = Spawned<Result<ReceivedPage, ApiError>>;

/// A page that arrived.
struct ReceivedPage {
    page: Page,
    /// Number of messages that were requested.
    limit: u32,
    asked_ms: i64,
    came_ms: i64,
}

/// Reason for which reading ended early.
pub(super) enum HistoryError {
    Interrupted,
    Failed(Error),
}

impl From<Stopped> for HistoryError {
    fn from(_: Stopped) -> Self {
        Self::Interrupted
    }
}

impl<E: Into<Error>> From<E> for HistoryError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Reader of the history of all allowed channels.
pub(super) struct HistoryReader<'a> {
    config: &'a FetchConfig,
    bounds: Bounds,
    inputs: &'a Inputs,
    progress: &'a dyn Progress,
    store_thread: StoreThread,
    report: Report,
    /// Index of each channel in the report.
    report_index: BTreeMap<Id, usize>,
    failures: Vec<Failure>,
    evidence: Evidence,
    show: Show<'a>,
    /// Channels that wait to be asked, by the number of pages they have had.
    queue: BTreeMap<(u32, Id), ChannelJob>,
    /// Channels with a request under way, in the order in which their pages are stored.
    row: VecDeque<(ChannelJob, Answer)>,
    /// Pages held back because Discord may have emptied them.
    held: Vec<(ChannelJob, ReceivedPage)>,
    /// Messages that may still be requested.
    budget: u64,
    /// Channels in a row that gave no answer.
    silent: u32,
}

impl<'a> HistoryReader<'a> {
    pub(super) fn new(
        config: &'a FetchConfig,
        bounds: Bounds,
        inputs: &'a Inputs,
        progress: &'a dyn Progress,
        store_thread: StoreThread,
        server: &ServerChannels,
    ) -> Self {
        Self {
            config,
            bounds,
            inputs,
            progress,
            store_thread,
            report: Report {
                guild: Some(server.guild.clone()),
                odd_places: server.odd.clone(),
                ..Report::default()
            },
            report_index: BTreeMap::new(),
            failures: Vec::new(),
            evidence: Evidence::new(server.me),
            show: Show::new(progress, 0),
            queue: BTreeMap::new(),
            row: VecDeque::new(),
            held: Vec::new(),
            budget: bounds.limit,
            silent: 0,
        }
    }

    /// Records all channels in the store, then reads the allowed ones.
    pub(super) async fn run(&mut self, server: ServerChannels) -> Result<(), HistoryError> {
        self.prepare(server).await?;
        if self.inputs.mode != Mode::Fetch {
            return Ok(());
        }
        self.show = Show::new(self.progress, self.queue.len() as u64);
        loop {
            self.ask();
            if let Some((job, mut answer)) = self.row.pop_front() {
                match unless_stopped(self.progress, answer.done()).await? {
                    Ok(received) => {
                        self.silent = 0;
                        self.take(job, received).await?;
                    }
                    Err(error) => self.give_up(&job, error)?,
                }
            } else if self.held.is_empty() {
                return Ok(());
            } else {
                self.ask_for_intent().await?;
            }
        }
    }

    async fn prepare(&mut self, server: ServerChannels) -> Result<(), HistoryError> {
        let (mode, bounds, guild) = (self.inputs.mode, self.bounds, server.guild);
        let channels: Vec<_> = server
            .found
            .values()
            .map(|found| (found.info.clone(), found.allowed))
            .collect();
        let unlisted = server.unlisted;
        let now_ms = now_ms();
        let jobs = self
            .store_thread
            .with(move |store| {
                plan::prepare(store, mode, bounds, now_ms, &guild, &channels, &unlisted)
            })
            .await?;
        for (found, job) in server.found.into_values().zip(jobs) {
            if !found.holds_messages() && found.refused.is_none() {
                continue;
            }
            let state = if !found.allowed {
                ChannelState::Denied
            } else if !found.holds_messages() {
                ChannelState::Forbidden
            } else if job.is_up_to_date() {
                ChannelState::UpToDate
            } else {
                ChannelState::Unfinished
            };
            self.report_index
                .insert(job.channel, self.report.channels.len());
            self.report.channels.push(found.report(state));
            if state == ChannelState::Unfinished {
                self.queue.insert((job.cursor.pages, job.channel), job);
            }
        }
        Ok(())
    }

    /// Requests the next page of as many channels as may be read at once.
    fn ask(&mut self) {
        while self.row.len() < self.config.channels_at_once.max(1) && self.budget > 0 {
            let Some((_, job)) = self.queue.pop_first() else {
                return;
            };
            let limit = self.budget.min(u64::from(MESSAGES_PER_PAGE)) as u32;
            self.budget -= u64::from(limit);
            let (rest, channel, position) = (self.inputs.rest.clone(), job.channel, job.position);
            let answer = Spawned::new(async move {
                let asked_ms = now_ms();
                let page = rest
                    .messages(channel, PagePosition::After(position), limit)
                    .await?;
                Ok(ReceivedPage {
                    page,
                    limit,
                    asked_ms,
                    came_ms: now_ms(),
                })
            });
            self.row.push_back((job, answer));
        }
    }

    async fn take(&mut self, job: ChannelJob, received: ReceivedPage) -> Result<(), HistoryError> {
        // Messages that this channel did not have may be requested from others.
        let spare = u64::from(received.limit).saturating_sub(received.page.received as u64);
        self.budget = self.budget.saturating_add(spare);
        let label = self.report.channels[self.report_index[&job.channel]].label();
        let held_before = !self.evidence.is_shown();
        if !self.evidence.check_page(&received.page, &label) {
            self.held.push((job, received));
            if self.evidence.empty_messages().0 >= EMPTY_MAX {
                self.ask_for_intent().await?;
            }
            return Ok(());
        }
        if held_before && self.evidence.is_shown() {
            self.release().await?;
        }
        self.store(job, received).await
    }

    /// Asks Discord whether the Message Content Intent is on, if no message has shown it.
    async fn ask_for_intent(&mut self) -> Result<(), HistoryError> {
        match unless_stopped(self.progress, self.inputs.rest.application()).await? {
            Ok(application) if application.message_content => {
                self.evidence.assume_intent_enabled();
                self.release().await
            }
            Err(error) if error.concerns_everything() => Err(error.into()),
            _ => {
                let (messages, channel) = self.evidence.empty_messages();
                Err(Error::MissingIntent { messages, channel }.into())
            }
        }
    }

    /// Stores the pages that were held back.
    async fn release(&mut self) -> Result<(), HistoryError> {
        for (job, received) in mem::take(&mut self.held) {
            self.store(job, received).await?;
        }
        Ok(())
    }

    async fn store(
        &mut self,
        mut job: ChannelJob,
        received: ReceivedPage,
    ) -> Result<(), HistoryError> {
        if received.page.received == 0
            && !job.seen
            && job.reread_until.is_some()
            && let Err(error) = self.look_before(&mut job).await?
        {
            return self.give_up(&job, error);
        }
        let ReceivedPage {
            page,
            limit,
            asked_ms,
            came_ms,
        } = received;
        let count = page.received;
        let ended = count < limit as usize;
        let newest = page.newest.unwrap_or(job.position).max(job.position);
        if !ended && newest == job.position {
            let reason = format!("{count} messages after `{newest}`, and none of them is newer");
            let place = format!("messages of channel {}", job.channel);
            return self.give_up(&job, ApiError::Answer { place, reason });
        }
        job.seen |= count > 0;
        let reread = job
            .reread_until
            .filter(|until| job.seen && *until > job.position)
            .filter(|_| page.odd.iter().all(|odd| odd.id.is_some()))
            .map(|until| Reread {
                channel: job.channel,
                after: job.position,
                up_to: if ended { until } else { until.min(newest) },
                asked_ms,
            });
        job.cursor.after = job.cursor.after.max(newest);
        job.cursor.pages += 1;
        if ended {
            job.cursor.pages = 0;
            // If the channel can be read at all, the missing messages up to the announced one are deleted.
            let announced = job.announced.filter(|_| job.seen);
            job.cursor.after = job.cursor.after.max(announced.unwrap_or(0));
        }
        let write = PageWrite {
            channel: job.channel,
            page,
            after: job.position,
            received_ms: came_ms,
            cursor: job.cursor,
            reread,
        };
        let written = self
            .store_thread
            .with(move |store| write::write(store, &write))
            .await?;
        let from = mem::replace(&mut job.position, newest);
        let report = &mut self.report.channels[self.report_index[&job.channel]];
        report.totals.add(&written.totals);
        report.deleted += written.deleted;
        written.odd.into_iter().for_each(|odd| report.add_odd(odd));
        self.report.pages += 1;
        if ended {
            let expected = job.announced > Some(job.cursor.after) || job.reread_until.is_some();
            let hidden = expected && !job.seen;
            report.remark = hidden.then(|| HIDDEN.to_owned()).or(report.remark.take());
            report.state = if report.totals == Totals::default() {
                ChannelState::UpToDate
            } else {
                ChannelState::Read
            };
            self.show.end(job.channel, count as u64);
        } else {
            self.show.step(&Step {
                channel: job.channel,
                label: &report.label(),
                messages: count as u64,
                from,
                to: newest,
                end: job.announced,
            });
            self.queue.insert((job.cursor.pages, job.channel), job);
        }
        Ok(())
    }

    /// For an empty range in a resync: asks for one message before it, which shows that the bot can read the channel.
    async fn look_before(
        &mut self,
        job: &mut ChannelJob,
    ) -> Result<Result<(), ApiError>, HistoryError> {
        let cursor = PagePosition::Before(job.position.saturating_add(1));
        let page = self.inputs.rest.messages(job.channel, cursor, 1);
        let page = unless_stopped(self.progress, page).await?;
        Ok(page.map(|page| job.seen = page.received > 0))
    }

    /// Records why a channel cannot be read. An error that concerns all channels ends the run.
    fn give_up(&mut self, job: &ChannelJob, error: ApiError) -> Result<(), HistoryError> {
        let silent = matches!(error, ApiError::Unreachable { .. });
        self.silent += u32::from(silent);
        // One failing channel may have a fault of its own; several in a row mean that the connection fails.
        if error.concerns_everything() && (!silent || self.silent >= SILENT_MAX) {
            return Err(error.into());
        }
        let report = &mut self.report.channels[self.report_index[&job.channel]];
        report.remark = Some(error.to_string());
        report.state = match error {
            ApiError::Forbidden { .. } => ChannelState::Forbidden,
            ApiError::NotFound { .. } => ChannelState::Gone,
            _ => ChannelState::Failed,
        };
        if report.state == ChannelState::Failed {
            let channel = report.label();
            self.failures.push(Failure { channel, error });
        }
        self.show.end(job.channel, 0);
        Ok(())
    }

    /// Completes the report, however the run ended.
    pub(super) async fn finish(
        mut self,
        outcome: Result<(), HistoryError>,
    ) -> Result<Report, Error> {
        if let Err(HistoryError::Failed(error)) = outcome {
            return Err(error);
        }
        self.report.store = self.store_thread.with(|store| store.counts()).await?;
        for channel in &self.report.channels {
            self.report.totals.add(&channel.totals);
            self.report.deleted += channel.deleted;
        }
        let report = Box::new(self.report);
        if outcome.is_err() {
            return Err(Error::Interrupted { report });
        }
        if !self.failures.is_empty() {
            let failures = self.failures;
            return Err(Error::Channels { failures, report });
        }
        Ok(*report)
    }
}
