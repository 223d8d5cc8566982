//! The company's members, read from Sugar.

use super::sign_in::{as_member, end_sockets, save_member};
use super::{Ctx, FlowError};
use crate::domain::habits::Habits;
use crate::domain::ids::MemberId;
use crate::domain::member::Member;
use crate::store::{Tx, members, sign_ins};
use std::collections::HashSet;

/// How many members one write takes over.
const MEMBERS_PER_WRITE: usize = 100;

/// Takes over Sugar's active people; returns how many there are.
///
/// Whoever is gone from Sugar's list is no longer active here, and signed out.
pub async fn sync_members(ctx: &Ctx) -> Result<usize, FlowError> {
    let users = ctx.crm.users().await?;
    let people: Vec<(Member, Habits)> = users
        .iter()
        .filter_map(|user| Some((as_member(user).ok()?, user.habits.clone())))
        .collect();
    let count = people.len();
    // An empty answer is no reason to throw everybody out.
    if count == 0 {
        return Ok(0);
    }
    let stay: HashSet<MemberId> = people.iter().map(|(member, _)| member.id.clone()).collect();
    // Small writes: others wait for them, and a panel takes so many events at once and no more.
    for part in people.chunks(MEMBERS_PER_WRITE) {
        let part = part.to_vec();
        ctx.store
            .write(move |tx| {
                let mut part = part.iter();
                part.try_for_each(|(member, habits)| save_member(tx, member, habits))
            })
            .await?;
    }
    ctx.store
        .write(move |tx| -> Result<_, FlowError> {
            for known in members::active(tx.conn()?)? {
                if !stay.contains(&known.id) {
                    leave(tx, known)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(count)
}

/// Deactivates a member and ends his sign-ins.
fn leave(tx: &mut Tx<'_, '_>, known: Member) -> Result<(), FlowError> {
    let gone = Member {
        active: false,
        ..known
    };
    save_member(tx, &gone, &Habits::default())?;
    let tokens = sign_ins::end_member(tx.conn()?, &gone.id)?;
    end_sockets(tx, gone.id, tokens);
    Ok(())
}
