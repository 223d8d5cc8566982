//! A panel signs in with its user's Sugar token, renews, and ends at Sugar's logout.

use super::close_session::{self, CloseReason};
use super::{Ctx, FlowError, leave_session};
use crate::domain::access::SignedIn;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::SessionState;
use crate::domain::event::{Audience, Event, NewEvent};
use crate::domain::habits::Habits;
use crate::domain::ids::{BrowserId, MemberId};
use crate::domain::member::Member;
use crate::domain::token::{self, TokenHash};
use crate::gateways::crm::{CrmUser, UserKind, UserProof};
use crate::store::{Tx, conversations, members, sign_ins};

/// A panel's new token, shown once.
#[derive(Debug)]
pub struct NewSignIn {
    /// The token itself.
    pub token: String,
    /// When it ends unless renewed.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub member: Member,
    /// Sugar calls him an admin.
    pub admin: bool,
}

/// Finds out from Sugar whom the proof is of, and gives out our token.
///
/// The member leaves the sessions whose record Sugar no longer shows him, as in [`renew`].
pub async fn sign_in(
    ctx: &Ctx,
    proof: &UserProof,
    browser_id: BrowserId,
) -> Result<NewSignIn, FlowError> {
    let user = ctx.crm.who_is(proof).await;
    ctx.sign_ins.note(&browser_id, user.as_ref().err());
    let user = user?;
    let user = match proof {
        UserProof::Token(_) => known_or_listed(ctx, user).await?,
        UserProof::Statement(_) => user,
    };
    let member = as_member(&user)?;
    leave_session::recheck(ctx, &member.id, proof).await?;
    let token = token::mint(token::PANEL_PREFIX, ctx.entropy.as_ref());
    let hash = TokenHash::of(&token);
    let expires_at = ctx.clock.now().plus_ms(ctx.rules.token_ttl_ms);
    let admin = user.admin == Some(true);
    let row = sign_ins::SignIn {
        member_id: member.id.clone(),
        browser_id,
        admin,
        expires_at,
    };
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let known = keep_details(tx, &member)?;
            save_member(tx, &known, &user.habits)?;
            sign_ins::insert(tx.conn()?, &hash, &row)?;
            Ok(known)
        })
        .await?;
    Ok(NewSignIn {
        token,
        expires_at,
        member: committed.value,
        admin,
    })
}

/// Sugar's `/me` does not tell people from group and portal users: of who is no member yet, its
/// list of users is asked.
async fn known_or_listed(ctx: &Ctx, me: CrmUser) -> Result<CrmUser, FlowError> {
    let id = as_member(&me)?.id;
    let known = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(members::find(conn, &id)?))
        .await?;
    if known.is_some_and(|known| known.active) {
        return Ok(me);
    }
    let listed = ctx.crm.user(&me.id).await?.ok_or(FlowError::NotAMember(
        "Sugar does not list this user among those who may use Live Chat. Ask your administrator.",
    ))?;
    Ok(CrmUser {
        admin: me.admin,
        habits: me.habits,
        ..listed
    })
}

/// Sugar's `/me` says nothing of title and department: what is known of them stays.
fn keep_details(tx: &mut Tx<'_, '_>, member: &Member) -> Result<Member, FlowError> {
    let Some(known) = members::find(tx.conn()?, &member.id)? else {
        return Ok(member.clone());
    };
    Ok(Member {
        title: member.title.clone().or(known.title),
        department: member.department.clone().or(known.department),
        picture: member.picture.clone().or(known.picture),
        ..member.clone()
    })
}

/// Stores what Sugar says of a user and tells everybody when colleagues see a difference.
pub fn save_member(tx: &mut Tx<'_, '_>, member: &Member, habits: &Habits) -> Result<(), FlowError> {
    if members::save(tx.conn()?, member, habits)? {
        let event = Event::MemberUpdated {
            member: member.clone(),
        };
        tx.emit(NewEvent {
            audience: Audience::Everyone,
            event,
        });
    }
    Ok(())
}

/// No database of ours must fail on a name: PostgreSQL cannot keep U+0000.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// A Sugar user as a member; group, portal and inactive users are none.
pub fn as_member(user: &CrmUser) -> Result<Member, FlowError> {
    if user.kind != UserKind::Person {
        return Err(FlowError::NotAMember(
            "Group and portal users cannot use Live Chat.",
        ));
    }
    if !user.active {
        return Err(FlowError::NotAMember("This user is not active in Sugar."));
    }
    let id = MemberId::parse(&user.id)
        .map_err(|_| FlowError::NotAMember("Sugar's id of this user cannot be used."))?;
    Ok(Member {
        id,
        name: storable(&user.name),
        title: user.title.as_deref().map(storable),
        department: user.department.as_deref().map(storable),
        picture: user.picture.as_deref().map(storable),
        active: true,
    })
}

/// Proves again, by Sugar, who the panel is, and gives its token more time.
///
/// The member leaves the sessions whose record Sugar no longer shows him.
pub async fn renew(
    ctx: &Ctx,
    token: &str,
    who: &SignedIn,
    proof: &UserProof,
) -> Result<Timestamp, FlowError> {
    let user = ctx.crm.who_is(proof).await?;
    let member = as_member(&user)?;
    if member.id != who.member_id {
        return Err(FlowError::TokenInvalid);
    }
    // Before the token gets more time: what the panel leaves unproved must not be worth keeping.
    leave_session::recheck(ctx, &who.member_id, proof).await?;
    let hash = TokenHash::of(token);
    let until = ctx.clock.now().plus_ms(ctx.rules.token_ttl_ms);
    let (renewed, admin) = (hash.clone(), user.admin == Some(true));
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let known = keep_details(tx, &member)?;
            save_member(tx, &known, &user.habits)?;
            // Logged out in another tab while Sugar was asked: it stays ended.
            if !sign_ins::renew(tx.conn()?, &renewed, admin, until)? {
                return Err(FlowError::TokenInvalid);
            }
            Ok(())
        })
        .await?;
    ctx.fanout.renewed(&who.member_id, &hash, until);
    Ok(until)
}

/// Ends the tokens of all tabs of the browser; the last sign-in of a member also closes the
/// sessions that are routed to nobody else.
pub async fn sign_out(ctx: &Ctx, token: &str) -> Result<(), FlowError> {
    let hash = TokenHash::of(token);
    let ended = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let now = tx.now;
            let Some(found) = sign_ins::find(tx.conn()?, &hash, now)? else {
                return Ok(false);
            };
            let tokens = sign_ins::end_browser(tx.conn()?, &found.member_id, &found.browser_id)?;
            let last = !sign_ins::is_signed_in(tx.conn()?, &found.member_id, now)?;
            if last {
                close_lonely_sessions(tx, &found.member_id)?;
            }
            end_sockets(tx, found.member_id, tokens);
            Ok(last)
        })
        .await?;
    if ended.value {
        ctx.work.notify_one();
    }
    Ok(())
}

/// Closes the sockets of ended tokens, at whichever node they are.
pub(super) fn end_sockets(tx: &mut Tx<'_, '_>, member_id: MemberId, tokens: Vec<String>) {
    if !tokens.is_empty() {
        let ended = Event::SignInsEnded { member_id, tokens };
        tx.emit(NewEvent::to_nodes(ended));
    }
}

fn close_lonely_sessions(tx: &mut Tx<'_, '_>, member: &MemberId) -> Result<(), FlowError> {
    let filter = conversations::Filter {
        member: Some(member.clone()),
        state: Some(SessionState::Open),
        ..Default::default()
    };
    for conversation in conversations::page(tx.conn()?, &filter, 500)? {
        if conversation.member_ids.len() == 1 {
            close_session::close_in(tx, &conversation.id, CloseReason::Logout)?;
        }
    }
    Ok(())
}
