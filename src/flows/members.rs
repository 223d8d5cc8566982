//! The company's members, read from Sugar.

use super::sign_in::{as_member, save_member};
use super::{Ctx, FlowError};
use crate::domain::ids::MemberId;
use crate::domain::member::Member;
use crate::store::{Tx, members, sign_ins};

/// Takes over Sugar's active people; returns how many there are.
///
/// Whoever is gone from Sugar's list is no longer active here, and signed out.
pub async fn sync_members(ctx: &Ctx) -> Result<usize, FlowError> {
    let users = ctx.crm.users().await?;
    let people: Vec<(Member, Option<String>)> = users
        .iter()
        .filter_map(|user| Some((as_member(user).ok()?, user.time_zone.clone())))
        .collect();
    let count = people.len();
    // An empty answer is no reason to throw everybody out.
    if count == 0 {
        return Ok(0);
    }
    let ended = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            for (member, zone) in &people {
                save_member(tx, member, zone.as_deref())?;
            }
            let mut ended = Vec::new();
            for known in members::active(tx.conn)? {
                if !people.iter().any(|(member, _)| member.id == known.id) {
                    ended.push(leave(tx, known)?);
                }
            }
            Ok(ended)
        })
        .await?;
    for (member, tokens) in ended.value {
        ctx.fanout.ended(&member, &tokens);
    }
    Ok(count)
}

/// Deactivates a member and ends his sign-ins; returns whose tokens ended.
fn leave(tx: &mut Tx<'_>, known: Member) -> Result<(MemberId, Vec<String>), FlowError> {
    let gone = Member {
        active: false,
        ..known
    };
    save_member(tx, &gone, None)?;
    let tokens = sign_ins::end_member(tx.conn, &gone.id)?;
    Ok((gone.id, tokens))
}
