//! The company's members, read from Sugar.

use super::sign_in::{as_member, save_member};
use super::{Ctx, FlowError};
use crate::domain::member::Member;
use crate::store::members;

/// Takes over Sugar's active people; returns how many there are.
///
/// Whoever is gone from Sugar's list is no longer active here.
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
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            for (member, zone) in &people {
                save_member(tx, member, zone.as_deref())?;
            }
            for known in members::active(tx.conn)? {
                if !people.iter().any(|(member, _)| member.id == known.id) {
                    save_member(
                        tx,
                        &Member {
                            active: false,
                            ..known
                        },
                        None,
                    )?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(count)
}
