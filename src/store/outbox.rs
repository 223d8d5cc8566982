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
}

impl JobKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::RouteSession => "route_session",
            Self::SendSms => "send_sms",
            Self::SaveNote => "save_note",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::RouteSession, Self::SendSms, Self::SaveNote]
            .into_iter()
            .find(|kind| kind.as_str() == text)
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
    diesel::insert_into(outbox::table)
        .values((
            outbox::kind.eq(kind.as_str()),
            outbox::subject.eq(subject),
            outbox::lane.eq(lane),
            outbox::due_at.eq(now.0),
            outbox::tries.eq(0),
            outbox::lease_until.eq(0),
            outbox::generation.eq(0),
            outbox::parked.eq(false),
            outbox::created_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Claims at most `limit` due jobs for a node, only the first of each lane, until `lease_until`.
pub fn claim(
    conn: &mut Db,
    now: Timestamp,
    lease_until: Timestamp,
    node_id: &str,
    limit: usize,
) -> QueryResult<Vec<Job>> {
    let earlier = diesel::alias!(outbox as earlier);
    let blocked = diesel::dsl::exists(
        earlier.filter(
            earlier
                .field(outbox::lane)
                .eq(outbox::lane)
                .and(earlier.field(outbox::parked).eq(false))
                .and(earlier.field(outbox::id).lt(outbox::id)),
        ),
    );
    let rows: Vec<(i64, String, String, i32, i64, i64)> = outbox::table
        .filter(
            outbox::parked
                .eq(false)
                .and(outbox::due_at.le(now.0))
                .and(outbox::lease_until.lt(now.0))
                .and(diesel::dsl::not(blocked)),
        )
        .order(outbox::due_at)
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

/// When the next job is due, if any waits.
pub fn next_due(conn: &mut Db) -> QueryResult<Option<Timestamp>> {
    let due = outbox::table
        .filter(outbox::parked.eq(false))
        .order(outbox::due_at)
        .select((outbox::due_at, outbox::lease_until))
        .first::<(i64, i64)>(conn)
        .optional()?;
    Ok(due.map(|(due_at, lease_until)| Timestamp(due_at.max(lease_until))))
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

/// Puts a job aside for an admin; its lane goes on.
pub fn park(conn: &mut Db, job: &Job, error: &str) -> QueryResult<()> {
    diesel::update(
        outbox::table.filter(
            outbox::id
                .eq(job.id)
                .and(outbox::generation.eq(job.generation)),
        ),
    )
    .set((outbox::parked.eq(true), outbox::last_error.eq(error)))
    .execute(conn)?;
    Ok(())
}

/// Drops the jobs of a kind that wait for a subject.
pub fn cancel(conn: &mut Db, kind: JobKind, subject: &str) -> QueryResult<()> {
    diesel::delete(
        outbox::table.filter(
            outbox::kind
                .eq(kind.as_str())
                .and(outbox::subject.eq(subject)),
        ),
    )
    .execute(conn)?;
    Ok(())
}

/// How many jobs wait, and how many are parked.
pub fn depth(conn: &mut Db) -> QueryResult<(i64, i64)> {
    let waiting = outbox::table
        .filter(outbox::parked.eq(false))
        .count()
        .get_result(conn)?;
    let parked = outbox::table
        .filter(outbox::parked.eq(true))
        .count()
        .get_result(conn)?;
    Ok((waiting, parked))
}
