//! One Note of a session in Sugar, exactly one, whatever happens in between (promise 6).
//!
//! Before each write it is committed that the write is under way, and until when it may arrive
//! in Sugar: so whoever comes after a lost answer or a kill waits until then and looks, by the id
//! we chose and by the marker in the subject, before he writes again.

use super::note_text::{Closed, note_id};
use super::note_words::{hash, is_as_offered, is_ours, text_hash, unwanted_copies};
use super::send_message::announce;
use super::{Ctx, FlowError};
use crate::domain::clock::Timestamp;
use crate::domain::event::Change;
use crate::domain::record::RecordRef;
use crate::domain::transcript::{Facts, Transcript, append, compose, file_name, marker, marks};
use crate::gateways::crm::{CrmError, NewNote, NoteChange, RecordFacts, StoredNote};
use crate::store::notes::{self, NoteWork};
use crate::store::outbox::{self, Job, JobKind};
use crate::store::sessions;

/// How the Note ended up.
pub(super) enum Outcome {
    /// In Sugar, with this id.
    Saved(String),
    /// A person deleted it; it is not made again.
    Deleted(String),
}

/// Why a Note is not in Sugar yet.
pub(super) enum Failure {
    /// A write may still arrive until then; afterwards we look.
    Unsure {
        /// Not before this moment.
        until: Timestamp,
        /// Why, without names, numbers or texts.
        reason: String,
    },
    /// There is no record to put it on; in words.
    RecordGone(&'static str),
    Crm(CrmError),
    Flow(FlowError),
}

impl From<CrmError> for Failure {
    fn from(error: CrmError) -> Self {
        Self::Crm(error)
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Self {
        Self::Flow(error)
    }
}

/// Writes the Note of a closed session, or brings the one it has up to date.
pub(super) async fn write(ctx: &Ctx, job: &Job, closed: Closed) -> Result<Outcome, Failure> {
    let work = closed.work.clone().unwrap_or_default();
    if let Some(until) = work.unsure_until.filter(|until| *until > ctx.clock.now()) {
        let reason = "an earlier try may still arrive in Sugar".to_owned();
        return Err(Failure::Unsure { until, reason });
    }
    let mut desk = Desk {
        ctx,
        job,
        work,
        closed,
        overtaken_at: None,
    };
    if desk.closed.work.is_none() && desk.closed.session.note.id.is_none() {
        return desk.create().await;
    }
    let mut looked = desk.look().await;
    for _ in 0..LOOKS {
        match looked {
            // Somebody changed or deleted the Note between our look and our write.
            Err(Failure::Crm(CrmError::Overtaken | CrmError::NotVisible)) => {
                looked = desk.look().await;
            }
            _ => break,
        }
    }
    match looked? {
        Some(outcome) => Ok(outcome),
        None => desk.create().await,
    }
}

/// How often we look again when somebody else writes to the Note at the same time.
const LOOKS: usize = 3;

/// One job at its Note.
struct Desk<'a> {
    ctx: &'a Ctx,
    job: &'a Job,
    work: NoteWork,
    closed: Closed,
    /// The state of the Note for which a write of ours was said to be overtaken.
    overtaken_at: Option<String>,
}

impl Desk<'_> {
    /// Finds the Note and brings it up to date; `None` when there is none and never was.
    async fn look(&mut self) -> Result<Option<Outcome>, Failure> {
        let own = note_id(&self.closed.id);
        let known = self.closed.session.note.id.clone();
        let chosen = own.to_string();
        let ids: Vec<&str> = [Some(chosen.as_str()), known.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let found = self.ctx.crm.find_notes(&ids, &marker(own)).await?;
        let alive = || found.iter().filter(|note| !note.deleted);
        let ours = alive().find(|note| Some(&note.id) == known.as_ref());
        let copies = unwanted_copies(&found, known.as_deref(), &self.work);
        let wanted = || alive().find(|note| !copies.contains(note));
        if let Some(note) = ours.or_else(wanted) {
            let note = note.clone();
            return self.bring_up_to_date(note).await.map(Some);
        }
        for copy in copies {
            self.under_way().await?;
            if let Err(error) = self.ctx.crm.delete_note(&copy.id).await {
                return Err(self.failed(error).await);
            }
        }
        self.settled().await?;
        Ok(known
            .or_else(|| found.first().map(|note| note.id.clone()))
            .map(Outcome::Deleted))
    }

    async fn create(&mut self) -> Result<Outcome, Failure> {
        let (record, of_record) = self.record().await?;
        let facts = self.closed.facts(Some(&of_record.name));
        let transcript = compose(&facts);
        let owner = self.closed.session.owner_id.as_ref();
        let note = NewNote {
            id: note_id(&self.closed.id).to_string(),
            name: transcript.subject.clone(),
            description: transcript.body.clone(),
            parent: record,
            assigned_user_id: owner
                .map(ToString::to_string)
                .or(of_record.assigned_user_id),
            team_name: of_record.team_name,
        };
        if self.work.text_hashes.is_empty() {
            self.work.marks = marks(&facts);
        }
        self.work.record = Some(note.parent.clone());
        self.offer(&note.description).await?;
        match self.ctx.crm.create_note(&note).await {
            Ok(stored) => {
                self.written(&stored, &facts, false).await?;
                self.attach(stored, &facts, &transcript).await
            }
            // Its id is taken: a try of ours arrived after all.
            Err(CrmError::Refused { status: 422, code }) => {
                self.settled().await?;
                let refused = CrmError::Refused { status: 422, code };
                self.look().await?.ok_or(Failure::Crm(refused))
            }
            Err(error) => Err(self.failed(error).await),
        }
    }

    /// Writes the whole text over what we wrote, or what is new below what a person wrote. Moves
    /// it when its session was linked to another record.
    async fn bring_up_to_date(&mut self, note: StoredNote) -> Result<Outcome, Failure> {
        if self.closed.session.note.id.as_ref() != Some(&note.id) {
            self.adopt(&note).await?;
        }
        let record = self.closed.session.record.clone();
        let of_record = match &record {
            Some(record) => self.ctx.crm.record_facts(record).await?,
            None => None,
        };
        let facts = self
            .closed
            .facts(of_record.as_ref().map(|facts| facts.name.as_str()));
        let elsewhere =
            |record: &RecordRef| self.work.record.as_ref().is_some_and(|on| on != record);
        let moved_to = record
            .filter(elsewhere)
            .zip(of_record.map(|facts| facts.team_name));
        let edited = !is_ours(&self.work, &note);
        if edited && is_as_offered(&self.work, &note) {
            // The answer was lost, and our addition is there.
            if let Some(offered) = self.work.offered_marks.take() {
                self.work.marks = offered;
            }
        }
        let transcript = if edited {
            append(&facts, &note.description, &self.work.marks)
        } else {
            Some(compose(&facts))
        };
        let change = NoteChange {
            // Its subject names the record; a person's own words stay.
            name: (moved_to.is_some() && !edited)
                .then(|| transcript.as_ref().map(|it| it.subject.clone()))
                .flatten(),
            description: transcript
                .as_ref()
                .map(|transcript| transcript.body.clone())
                .filter(|body| text_hash(body) != text_hash(&note.description)),
            moved_to,
        };
        let stored = if change == NoteChange::default() {
            note.clone()
        } else {
            match &change.description {
                Some(text) if edited => self.offer_addition(text, &facts).await?,
                Some(text) => self.offer(text).await?,
                None => self.under_way().await?,
            }
            // Refused for the very state that we had seen: this Sugar reads it otherwise.
            let compare = self.overtaken_at != note.modified;
            let seen = note.modified.as_deref().filter(|_| compare);
            match self.ctx.crm.rewrite_note(&note.id, &change, seen).await {
                Ok(stored) => stored,
                Err(error) => {
                    if error == CrmError::Overtaken {
                        self.overtaken_at = note.modified;
                    }
                    return Err(self.failed(error).await);
                }
            }
        };
        if let Some((record, _)) = change.moved_to {
            self.work.record = Some(record);
        }
        self.written(&stored, &facts, edited).await?;
        match transcript {
            Some(transcript) => self.attach(stored, &facts, &transcript).await,
            None => Ok(Outcome::Saved(note.id)),
        }
    }

    /// The whole text as a file beside one that was cut, by us or by Sugar; a person's own file
    /// stays.
    async fn attach(
        &mut self,
        note: StoredNote,
        facts: &Facts,
        transcript: &Transcript,
    ) -> Result<Outcome, Failure> {
        let body = &transcript.body;
        let cut =
            note.description.len() < body.len() && text_hash(&note.description) != text_hash(body);
        let Some(whole) = transcript.whole.as_ref().or(cut.then_some(body)) else {
            return Ok(Outcome::Saved(note.id));
        };
        let (name, hash) = (file_name(facts), hash(whole));
        let free = note.file_name.as_ref().is_none_or(|file| *file == name);
        if !free || self.work.attached_hash.as_ref() == Some(&hash) {
            return Ok(Outcome::Saved(note.id));
        }
        self.under_way().await?;
        if let Err(error) = self.ctx.crm.attach_text(&note.id, &name, whole).await {
            return Err(self.failed(error).await);
        }
        self.work.attached_hash = Some(hash);
        self.settled().await?;
        Ok(Outcome::Saved(note.id))
    }

    /// The record of the Note; when it is gone, the one that has its number now.
    async fn record(&mut self) -> Result<(RecordRef, RecordFacts), Failure> {
        let known = self.closed.session.record.clone();
        if let Some(record) = &known
            && let Some(facts) = self.ctx.crm.record_facts(record).await?
        {
            return Ok((record.clone(), facts));
        }
        let matches = match self.closed.session.peer.number() {
            Some(number) => {
                let country = self.ctx.rules.country;
                // What was found a moment ago has the record that is gone in it.
                self.ctx.crm.forget_phone(&number);
                let found = self.ctx.crm.find_by_phone(&number, country).await?;
                found.exact.clone()
            }
            None => Vec::new(),
        };
        let gone = Failure::RecordGone;
        let [only] = matches.as_slice() else {
            return Err(gone(if matches.is_empty() {
                "The record is no longer in Sugar, and no other has its number. Link the conversation to a record."
            } else {
                "The record is no longer in Sugar, and several have its number. Link the conversation to one of them."
            }));
        };
        let record = only.record.clone();
        let found = self.ctx.crm.record_facts(&record).await?;
        let facts = found.ok_or(gone("The record is no longer in Sugar."))?;
        let (id, linked) = (self.closed.id.clone(), record.clone());
        self.ctx
            .store
            .write(move |tx| -> Result<(), FlowError> {
                sessions::link(tx.conn()?, &id, &linked)?;
                announce(tx, &id, Change::Linked)
            })
            .await?;
        self.closed.session.record = Some(record.clone());
        Ok((record, facts))
    }

    /// Commits that a text of ours alone is under way.
    async fn offer(&mut self, text: &str) -> Result<(), Failure> {
        let hash = text_hash(text);
        if !self.work.text_hashes.split(' ').any(|known| known == hash) {
            self.work.text_hashes = format!("{} {hash}", self.work.text_hashes)
                .trim()
                .to_owned();
        }
        self.under_way().await
    }

    /// Commits that an addition to a person's words is under way, and that they are a person's:
    /// whoever finds it there must not take the whole for ours.
    async fn offer_addition(&mut self, text: &str, facts: &Facts) -> Result<(), Failure> {
        self.work.edited = true;
        self.work.text_hashes = text_hash(text);
        self.work.offered_marks = Some(marks(facts));
        self.under_way().await
    }

    /// Commits that a write is under way; fails when another worker has the job.
    async fn under_way(&mut self) -> Result<(), Failure> {
        let times = self.ctx.rules.notes;
        let now = self.ctx.clock.now();
        self.work.unsure_until = Some(now.plus_ms(times.call_ms + times.settle_ms));
        let (job, id, work) = (self.job.clone(), self.closed.id.clone(), self.work.clone());
        let lease = now.plus_ms(times.lease_ms());
        self.ctx
            .store
            .write(move |tx| -> Result<(), FlowError> {
                if !outbox::extend(tx.conn()?, &job, lease)? {
                    return Err(FlowError::LeaseLost);
                }
                Ok(notes::save(tx.conn()?, &id, &work)?)
            })
            .await?;
        Ok(())
    }

    /// Keeps what Sugar says it stored: from it we tell later whether a person changed it.
    async fn written(
        &mut self,
        stored: &StoredNote,
        facts: &Facts,
        edited: bool,
    ) -> Result<(), Failure> {
        self.work.text_hashes = text_hash(&stored.description);
        self.work.marks = marks(facts);
        self.work.offered_marks = None;
        self.work.edited = edited;
        self.adopt(stored).await
    }

    /// Keeps the id of the Note, and has it looked at once more when it is new to us.
    async fn adopt(&mut self, note: &StoredNote) -> Result<(), Failure> {
        self.work.unsure_until = None;
        let is_new = self.closed.session.note.id.as_ref() != Some(&note.id);
        self.closed.session.note.id = Some(note.id.clone());
        let (id, note_id, work) = (self.closed.id.clone(), note.id.clone(), self.work.clone());
        let check_ms = self.ctx.rules.notes.check_ms;
        self.ctx
            .store
            .write(move |tx| -> Result<(), FlowError> {
                let now = tx.now;
                let conn = tx.conn()?;
                notes::save(conn, &id, &work)?;
                if is_new {
                    sessions::set_note_id(conn, &id, &note_id)?;
                    let lane = format!("check {id}");
                    let due = now.plus_ms(check_ms);
                    let kind = JobKind::CheckNote;
                    outbox::push_later(conn, kind, id.as_str(), &lane, now, due)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Nothing of ours is under way any more.
    async fn settled(&mut self) -> Result<(), Failure> {
        self.work.unsure_until = None;
        let (id, work) = (self.closed.id.clone(), self.work.clone());
        self.ctx
            .store
            .write(move |tx| Ok::<_, FlowError>(notes::save(tx.conn()?, &id, &work)?))
            .await?;
        Ok(())
    }

    /// After an answer that leaves it open whether Sugar stored the write, nobody looks before
    /// Sugar had time to.
    async fn failed(&mut self, error: CrmError) -> Failure {
        if !error.may_have_happened() {
            return match self.settled().await {
                Ok(()) => Failure::Crm(error),
                Err(failure) => failure,
            };
        }
        let until = self.ctx.clock.now().plus_ms(self.ctx.rules.notes.settle_ms);
        self.work.unsure_until = Some(until);
        let (id, work) = (self.closed.id.clone(), self.work.clone());
        let kept = self
            .ctx
            .store
            .write(move |tx| Ok::<_, FlowError>(notes::save(tx.conn()?, &id, &work)?))
            .await;
        match kept {
            Ok(_) => Failure::Unsure {
                until,
                reason: error.to_string(),
            },
            Err(error) => Failure::Flow(error),
        }
    }
}
