//! The company's members, read from Sugar.

use super::leave_session::{Why, leave_all};
use super::sign_in::{as_member, end_sockets, save_member};
use super::{Ctx, FlowError};
use crate::domain::clock::Timestamp;
use crate::domain::habits::Habits;
use crate::domain::ids::MemberId;
use crate::domain::member::Member;
use crate::gateways::crm::CrmUser;
use crate::store::member_sync::{self, Periods, Turn};
use crate::store::{Tx, members, sign_ins};
use std::collections::HashSet;

/// How many members one write takes over.
const MEMBERS_PER_WRITE: usize = 100;
/// All users are read this often, should a change have been missed.
const ALL_MS: i64 = 3_600_000;
/// Changes are looked for from so long before the newest known one: Sugar stores a change some
/// time after the moment that it writes into it.
const OVERLAP_MS: i64 = 120_000;

/// Takes over what changed among Sugar's users, if it is this node's turn.
///
/// All of them are read `at_start` and every hour.
pub async fn sync_members(ctx: &Ctx, at_start: bool) -> Result<(), FlowError> {
    let periods = Periods {
        changed_ms: ctx.rules.users_ms,
        all_ms: ALL_MS,
    };
    let turn = ctx
        .store
        .write(move |tx| {
            let now = tx.now;
            let conn = tx.conn()?;
            Ok::<_, FlowError>(member_sync::take_turn(conn, now, periods, at_start)?)
        })
        .await?;
    match turn.value {
        None => Ok(()),
        Some(Turn::All) => read_all(ctx).await,
        Some(Turn::ChangedSince(newest)) => read_changed(ctx, newest).await,
    }
}

/// Takes over Sugar's active people. Whoever is gone from the list is out.
async fn read_all(ctx: &Ctx) -> Result<(), FlowError> {
    let users = ctx.crm.users().await?;
    // An empty answer is no reason to throw everybody out.
    if !users.iter().any(|user| as_member(user).is_ok()) {
        return Ok(());
    }
    take_over(ctx, &users).await?;
    let stay: HashSet<MemberId> = users
        .iter()
        .filter_map(|user| Some(as_member(user).ok()?.id))
        .collect();
    let (newest, next) = (newest(&users), ctx.clock.now().plus_ms(ALL_MS));
    ctx.store
        .write(move |tx| -> Result<_, FlowError> {
            for known in members::active(tx.conn()?)? {
                if !stay.contains(&known.id) {
                    leave(tx, known)?;
                }
            }
            Ok(member_sync::finish_turn(tx.conn()?, newest, Some(next))?)
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

/// Takes over who changed, and lets go who may no longer sign in to Sugar.
async fn read_changed(ctx: &Ctx, since: Timestamp) -> Result<(), FlowError> {
    let users = ctx.crm.users_changed(since.plus_ms(-OVERLAP_MS)).await?;
    take_over(ctx, &users).await?;
    let gone: Vec<MemberId> = users
        .iter()
        .filter(|user| as_member(user).is_err())
        .filter_map(|user| MemberId::parse(&user.id).ok())
        .collect();
    let newest = newest(&users);
    ctx.store
        .write(move |tx| -> Result<_, FlowError> {
            for id in &gone {
                let known = members::find(tx.conn()?, id)?;
                if let Some(known) = known.filter(|known| known.active) {
                    leave(tx, known)?;
                }
            }
            Ok(member_sync::finish_turn(tx.conn()?, newest, None)?)
        })
        .await?;
    ctx.work.notify_one();
    Ok(())
}

/// Asks Sugar for users that nobody here knows yet; those who are no members stay unknown.
pub async fn learn(ctx: &Ctx, ids: &[MemberId]) -> Result<(), FlowError> {
    let wanted = ids.to_vec();
    let unknown: Vec<MemberId> = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let mut unknown = Vec::new();
            for id in wanted {
                if members::find(conn, &id)?.is_none() {
                    unknown.push(id);
                }
            }
            Ok(unknown)
        })
        .await?;
    let mut found = Vec::new();
    for id in &unknown {
        found.extend(ctx.crm.user(id.as_str()).await?);
    }
    take_over(ctx, &found).await
}

/// Stores those who are members, in small writes: others wait for them, and a panel takes so many
/// events at once and no more. Who administers Sugar no longer loses that here as well.
async fn take_over(ctx: &Ctx, users: &[CrmUser]) -> Result<(), FlowError> {
    let people: Vec<(Member, CrmUser)> = users
        .iter()
        .filter_map(|user| Some((as_member(user).ok()?, user.clone())))
        .collect();
    for part in people.chunks(MEMBERS_PER_WRITE) {
        let part = part.to_vec();
        ctx.store
            .write(move |tx| -> Result<(), FlowError> {
                for (member, user) in &part {
                    save_member(tx, member, &user.habits)?;
                    if user.admin == Some(false) {
                        sign_ins::no_admin(tx.conn()?, &member.id)?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

fn newest(users: &[CrmUser]) -> Option<Timestamp> {
    users.iter().filter_map(|user| user.modified_at).max()
}

/// Deactivates a member, ends his sign-ins and lets others have his sessions.
fn leave(tx: &mut Tx<'_, '_>, known: Member) -> Result<(), FlowError> {
    let gone = Member {
        active: false,
        ..known
    };
    save_member(tx, &gone, &Habits::default())?;
    leave_all(tx, &gone.id, Why::Gone)?;
    let tokens = sign_ins::end_member(tx.conn()?, &gone.id)?;
    end_sockets(tx, gone.id, tokens);
    Ok(())
}
