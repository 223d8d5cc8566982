//! Work outside, claimed by lease; the jobs of one lane run one after another.

use super::conn::Db;
use super::schema::outbox;
use crate::domain::clock::Timestamp;
use diesel::prelude::*;

/// The kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Find the record and the members for a new inbound session; subject: conversation.
    RouteSession,
    /// Hand a text to its gateway; subject: message.
    SendSms,
    /// Save a closed session as a Note; subject: conversation.
    SaveNote,
    /// Look once more whether there is one Note and no second; subject: conversation.
    CheckNote,
    /// Fetch a picture from its carrier; subject: picture.
    FetchPicture,
    /// Forbid texts on the record of somebody who opted out; subject: conversation.
    MarkRecord,
}

impl JobKind {
    const ALL: [Self; 6] = [
        Self::RouteSession,
        Self::SendSms,
        Self::SaveNote,
        Self::CheckNote,
        Self::FetchPicture,
        Self::MarkRecord,
    ];

    /// As written in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RouteSession => "route_session",
            Self::SendSms => "send_sms",
            Self::SaveNote => "save_note",
            Self::CheckNote => "check_note",
            Self::FetchPicture => "fetch_picture",
            Self::MarkRecord => "mark_record",
        }
    }

    pub(super) fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A job under lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its place in the outbox.
    pub id: i64,
    /// What to do.
    pub kind: JobKind,
    /// With what.
    pub subject: String,
    /// How often it was tried before.
    pub tries: i32,
    /// Fences off a worker whose lease ran out.
    pub generation: i64,
    /// When its cause was committed.
    pub created_at: Timestamp,
}

/// Writes a job, in the transaction of its cause.
pub fn push(
    conn: &mut Db,
    kind: JobKind,
    subject: &str,
    lane: &str,
    now: Timestamp,
) -> QueryResult<()> {
    push_later(conn, kind, subject, lane, now, now)
}

/// Writes a job that is not due before a moment.
pub fn push_later(
    conn: &mut Db,
    kind: JobKind,
    subject: &str,
    lane: &str,
    now: Timestamp,
    due: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::kind.eq(kind.as_str()),
            outbox::subject.eq(subject),
            outbox::lane.eq(lane),
            outbox::due_at.eq(due.0),
            outbox::tries.eq(0),
            outbox::lease_until.eq(0),
            outbox::generation.eq(0),
            outbox::parked.eq(false),
            outbox::created_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// A part of the work that has workers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Texts: they wait for no Sugar and no picture.
    Texts,
    /// Pictures, of which each may take long.
    Pictures,
    /// What asks Sugar.
    Sugar,
}

impl Share {
    /// The part to which a job belongs.
    pub const fn of(kind: JobKind) -> Self {
        match kind {
            JobKind::SendSms => Self::Texts,
            JobKind::FetchPicture => Self::Pictures,
            JobKind::RouteSession
            | JobKind::SaveNote
            | JobKind::CheckNote
            | JobKind::MarkRecord => Self::Sugar,
        }
    }

    fn kinds(self) -> impl Iterator<Item = &'static str> {
        let kinds = JobKind::ALL.into_iter();
        kinds
            .filter(move |kind| Self::of(*kind) == self)
            .map(JobKind::as_str)
    }
}

/// Whether nothing holds a job up but its time: it is not parked, not under way, and first in its
/// lane. A Note waits for the texts before it; no text waits for a Note.
macro_rules! is_free {
    ($now:expr) => {{
        let earlier = diesel::alias!(outbox as earlier);
        let text = JobKind::SendSms.as_str();
        let before = earlier
            .field(outbox::lane)
            .eq(outbox::lane)
            .and(earlier.field(outbox::parked).eq(false))
            .and(earlier.field(outbox::id).lt(outbox::id))
            .and(
                outbox::kind
                    .ne(text)
                    .or(earlier.field(outbox::kind).eq(text)),
            );
        outbox::parked
            .eq(false)
            .and(outbox::lease_until.lt($now.0))
            .and(diesel::dsl::not(diesel::dsl::exists(
                earlier.filter(before),
            )))
    }};
}

/// Claims at most `limit` due jobs for a node, only the first of each lane, until `lease_until`.
pub fn claim(
    conn: &mut Db,
    now: Timestamp,
    lease_until: Timestamp,
    node_id: &str,
    share: Share,
    limit: usize,
) -> QueryResult<Vec<Job>> {
    let of_share = outbox::kind.eq_any(share.kinds());
    let rows: Vec<(i64, String, String, i32, i64, i64)> = outbox::table
        .filter(is_free!(now).and(outbox::due_at.le(now.0)).and(of_share))
        .order((outbox::due_at, outbox::id))
        .limit(i64::try_from(limit).unwrap_or(1))
        .select((
            outbox::id,
            outbox::kind,
            outbox::subject,
            outbox::tries,
            outbox::generation,
            outbox::created_at,
        ))
        .load(conn)?;
    let mut jobs = Vec::new();
    for (id, kind, subject, tries, generation, created_at) in rows {
        diesel::update(outbox::table.find(id))
            .set((
                outbox::lease_until.eq(lease_until.0),
                outbox::node_id.eq(node_id),
                outbox::generation.eq(generation + 1),
                outbox::tries.eq(tries + 1),
            ))
            .execute(conn)?;
        if let Some(kind) = JobKind::from_stored(&kind) {
            let created_at = Timestamp(created_at);
            let generation = generation + 1;
            jobs.push(Job {
                id,
                kind,
                subject,
                tries,
                generation,
                created_at,
            });
        }
    }
    Ok(jobs)
}

/// Frees what a killed process had claimed; only where this process is the only worker.
pub fn release_leases(conn: &mut Db) -> QueryResult<usize> {
    diesel::update(outbox::table.filter(outbox::lease_until.gt(0)))
        .set(outbox::lease_until.eq(0))
        .execute(conn)
}

/// When the next job is due that nothing else holds up, if there is one.
pub fn next_due(conn: &mut Db, now: Timestamp) -> QueryResult<Option<Timestamp>> {
    let due: Option<i64> = outbox::table
        .filter(is_free!(now))
        .order(outbox::due_at)
        .select(outbox::due_at)
        .first(conn)
        .optional()?;
    Ok(due.map(Timestamp))
}

/// Whether this worker still holds the job.
pub fn holds(conn: &mut Db, job: &Job) -> QueryResult<bool> {
    let generation: Option<i64> = outbox::table
        .find(job.id)
        .select(outbox::generation)
        .first(conn)
        .optional()?;
    Ok(generation == Some(job.generation))
}

/// Gives a worker more time for a job; false when another one took it over.
pub fn extend(conn: &mut Db, job: &Job, lease_until: Timestamp) -> QueryResult<bool> {
    let extended = diesel::update(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .set(outbox::lease_until.eq(lease_until.0))
    .execute(conn)?;
    Ok(extended > 0)
}

/// Removes a job that is done; false when another worker took it over.
pub fn done(conn: &mut Db, job: &Job) -> QueryResult<bool> {
    let removed = diesel::delete(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .execute(conn)?;
    Ok(removed > 0)
}

/// Puts a job back until later.
pub fn retry(conn: &mut Db, job: &Job, due_at: Timestamp, error: &str) -> QueryResult<()> {
    diesel::update(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .set((
        outbox::due_at.eq(due_at.0),
        outbox::lease_until.eq(0),
        outbox::last_error.eq(error),
    ))
    .execute(conn)?;
    Ok(())
}

/// Puts a job back that was not tried at all.
pub fn put_off(conn: &mut Db, job: &Job, due_at: Timestamp) -> QueryResult<()> {
    diesel::update(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .set((
        outbox::due_at.eq(due_at.0),
        outbox::lease_until.eq(0),
        outbox::tries.eq(job.tries),
    ))
    .execute(conn)?;
    Ok(())
}

/// Puts a job aside for an admin; its lane goes on.
///
/// An earlier one for the same subject keeps its id, under which an admin may be about to release
/// it, and takes the newer reason.
pub fn park(conn: &mut Db, job: &Job, error: &str) -> QueryResult<()> {
    let earlier = outbox::table.filter(
        outbox::kind
            .eq(job.kind.as_str())
            .and(outbox::subject.eq(&job.subject))
            .and(outbox::parked.eq(true)),
    );
    let known = diesel::update(earlier)
        .set(outbox::last_error.eq(error))
        .execute(conn)?;
    if known > 0 {
        diesel::delete(outbox::table.find(job.id)).execute(conn)?;
        return Ok(());
    }
    diesel::update(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .set((
        outbox::parked.eq(true),
        outbox::lease_until.eq(0),
        outbox::last_error.eq(error),
    ))
    .execute(conn)?;
    Ok(())
}

/// Drops the jobs of a kind that wait for a subject; one that is running ends by itself.
pub fn cancel(conn: &mut Db, kind: JobKind, subject: &str, now: Timestamp) -> QueryResult<()> {
    diesel::delete(
        outbox::table.filter(
            outbox::kind
                .eq(kind.as_str())
                .and(outbox::subject.eq(subject))
                .and(outbox::lease_until.lt(now.0)),
        ),
    )
    .execute(conn)?;
    Ok(())
}

/// Frees the jobs that a node could not end, but for those of a kind.
pub fn free(conn: &mut Db, node_id: &str, but_for: JobKind) -> QueryResult<()> {
    let claimed = outbox::table.filter(
        outbox::node_id
            .eq(node_id)
            .and(outbox::kind.ne(but_for.as_str())),
    );
    diesel::update(claimed)
        .set((
            outbox::lease_until.eq(0),
            outbox::node_id.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Drops the jobs of a lane, running ones too: those lose their lease.
pub fn drop_lane(conn: &mut Db, lane: &str) -> QueryResult<()> {
    diesel::delete(outbox::table.filter(outbox::lane.eq(lane))).execute(conn)?;
    Ok(())
}

/// Drops the parked jobs of a kind for a subject: another one has done their work.
pub fn drop_parked(conn: &mut Db, kind: JobKind, subject: &str) -> QueryResult<()> {
    diesel::delete(
        outbox::table.filter(
            outbox::kind
                .eq(kind.as_str())
                .and(outbox::subject.eq(subject))
                .and(outbox::parked.eq(true)),
        ),
    )
    .execute(conn)?;
    Ok(())
}
