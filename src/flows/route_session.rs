//! Job: find the record behind a peer in Sugar, and route a session that is nobody's yet.
//!
//! A session that an integrator opened is nobody's until the peer answers: his own texts are no
//! news to members.

use super::link_session::{leave_open, link_in};
use super::receive_sms::members_of;
use super::{Ctx, FlowError, JobEnd, finish, settings};
use crate::domain::conversation::{Conversation, RecordMatch, Session, SessionState};
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId};
use crate::domain::record::RecordRef;
use crate::domain::sms_session::route;
use crate::gateways::crm::{PhoneMatch, PhoneMatches};
use crate::store::choices::{self, Choice};
use crate::store::outbox::{self, Job, JobKind};
use crate::store::{Tx, conversations, messages, participants, sessions};
use std::sync::Arc;

const NOT_HERE: &str = "this node does not have the session's number in force";

/// Writes the job in the transaction that opened the session.
pub(super) fn ask_for(tx: &mut Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    // A lane of its own: a text must not wait until Sugar is back.
    let lane = format!("route {id}");
    let now = tx.now;
    Ok(outbox::push(
        tx.conn()?,
        JobKind::RouteSession,
        id.as_str(),
        &lane,
        now,
    )?)
}

/// Asks Sugar for the peer's records; one exact match links and routes to its assigned user.
///
/// When Sugar does not answer, the session is routed without it and Sugar is asked again later.
pub async fn route_session(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = ConversationId::parse(&job.subject).map_err(|_| FlowError::ConversationNotFound)?;
    let lookup = id.clone();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(conversations::find(conn, &lookup)?))
        .await?;
    let Some(session) = found.and_then(|found| found.session) else {
        return Ok(JobEnd::GiveUp {
            reason: "the session is gone".to_owned(),
        });
    };
    let answer = match session.peer.number() {
        Some(number) => ctx.crm.find_by_phone(&number, ctx.rules.country).await,
        None => Ok(Arc::default()),
    };
    let (matches, unanswered) = match answer {
        Ok(matches) => (Some(matches), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let number_in_force = || ctx.carriers().number(&session.number.id).cloned();
    let mut number = number_in_force();
    if number.is_none() {
        settings::follow_now(ctx).await;
        number = number_in_force();
    }
    let Some(number) = number else {
        return Ok(JobEnd::Later {
            reason: NOT_HERE.to_owned(),
            after_ms: None,
        });
    };
    let job = job.clone();
    let committed = ctx
        .store
        .write(move |tx| -> Result<bool, FlowError> {
            if let Some(matches) = &matches {
                take_answer(tx, &id, matches)?;
            }
            let found =
                conversations::find(tx.conn()?, &id)?.ok_or(FlowError::ConversationNotFound)?;
            let mut placed = true;
            if found.member_ids.is_empty() && messages::has_inbound(tx.conn()?, &id)? {
                let members = members_of(tx, &number)?;
                let candidates = not_refused(tx, &found, members)?;
                let routing = route(None, assigned(&found, matches.as_deref()), candidates);
                placed = !routing.members.is_empty();
                if placed {
                    hand_over(tx, &id, &routing.members, routing.owner.as_ref())?;
                }
            }
            if matches.is_some() && placed {
                finish(tx, &job)?;
            }
            Ok(placed)
        })
        .await?;
    ctx.work.notify_one();
    let nobody = || (!committed.value).then(|| "no member may use the number yet".to_owned());
    Ok(match unanswered.or_else(nobody) {
        Some(reason) => JobEnd::Later {
            reason,
            after_ms: None,
        },
        None => JobEnd::Finished,
    })
}

/// Links the one record, or leaves it to people, as Sugar's answer says.
fn take_answer(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    matches: &PhoneMatches,
) -> Result<(), FlowError> {
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let Some(session) = &found.session else {
        return Ok(());
    };
    let choice = choices::of(tx.conn()?, &session.peer)?;
    match decide(session, choice.as_ref(), &matches.exact) {
        Decision::Keep => Ok(()),
        Decision::Link(record) => link_in(tx, &found, record),
        Decision::Leave(records) => leave_open(tx, &found, records),
    }
}

/// What becomes of a session's record after Sugar answered.
#[derive(Debug, PartialEq, Eq)]
enum Decision<'a> {
    Keep,
    Link(&'a RecordRef),
    Leave(RecordMatch),
}

/// One match is linked, several wait for a choice unless there was one.
///
/// A record that was remembered and no longer has the number was deleted, merged or changed: it
/// gives way. One that somebody chose for this very session stays.
fn decide<'a>(
    session: &Session,
    choice: Option<&'a Choice>,
    exact: &'a [PhoneMatch],
) -> Decision<'a> {
    let has_number = |record: &RecordRef| exact.iter().any(|found| found.record == *record);
    if let Some(linked) = &session.record {
        let chosen_here =
            choice.is_some_and(|choice| choice.record == *linked && choice.at >= session.opened_at);
        // The Note of a closed session may be under way to its record.
        if chosen_here || has_number(linked) || session.state == SessionState::Closed {
            return Decision::Keep;
        }
    }
    match (exact, choice) {
        ([only], _) => Decision::Link(&only.record),
        (_, Some(choice)) if has_number(&choice.record) => Decision::Link(&choice.record),
        ([], _) => Decision::Leave(RecordMatch::None),
        _ => Decision::Leave(RecordMatch::Several),
    }
}

/// The members whom Sugar has not refused the session's record, in it or the last time.
///
/// If it was everybody the last time, that is forgotten: a text that nobody sees is lost, and Sugar
/// is asked again soon about whoever gets it.
fn not_refused(
    tx: &mut Tx<'_, '_>,
    found: &Conversation,
    mut members: Vec<MemberId>,
) -> Result<Vec<MemberId>, FlowError> {
    let here = participants::refused(tx.conn()?, &found.id)?;
    members.retain(|member| !here.contains(member));
    let Some((peer, record)) = found
        .session
        .as_ref()
        .and_then(|session| Some((&session.peer, session.record.as_ref()?)))
    else {
        return Ok(members);
    };
    let before = participants::refused_lately(tx.conn()?, peer, Some(record))?;
    let (refused, others): (Vec<_>, _) = members
        .into_iter()
        .partition(|member| before.contains(member));
    Ok(if others.is_empty() { refused } else { others })
}

/// The member to whom the session's record is assigned in Sugar.
fn assigned(found: &Conversation, matches: Option<&PhoneMatches>) -> Option<MemberId> {
    let record = found.session.as_ref()?.record.as_ref()?;
    let mut exact = matches?.exact.iter();
    let linked = exact.find(|found| found.record == *record)?;
    MemberId::parse(linked.assigned_user_id.as_deref()?).ok()
}

/// Gives a session to members who did not have it and tells them of it and all its messages.
pub(super) fn hand_over(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    members: &[MemberId],
    owner: Option<&MemberId>,
) -> Result<(), FlowError> {
    for member in members {
        conversations::add_member(tx.conn()?, id, member)?;
    }
    if let Some(owner) = owner {
        sessions::claim(tx.conn()?, id, owner)?;
    }
    let conversation =
        conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    tx.emit(NewEvent::to(
        members.to_vec(),
        Event::ConversationCreated { conversation },
    ));
    for message in messages::all(tx.conn()?, id)? {
        tx.emit(NewEvent::to(
            members.to_vec(),
            Event::MessageCreated { message },
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::conversation::{NoteState, NoteStatus, OwnNumber, TextingConsent};
    use crate::domain::ids::NumberId;
    use crate::domain::phone::Peer;
    use crate::domain::record::Module;
    use proptest::prelude::*;

    fn record(id: u8) -> RecordRef {
        RecordRef {
            module: Module::Contacts,
            id: id.to_string(),
        }
    }

    fn session(linked: Option<u8>, state: SessionState) -> Session {
        Session {
            state,
            number: OwnNumber {
                id: NumberId::parse("main").unwrap(),
                e164: "+14155550100".to_owned(),
                label: "Support".to_owned(),
            },
            peer: Peer::parse("+14155552671").unwrap(),
            record: linked.map(record),
            record_match: RecordMatch::Pending,
            owner_id: None,
            opened_at: Timestamp(1_000),
            closed_at: None,
            note: NoteStatus {
                state: NoteState::None,
                id: None,
                reason: None,
            },
            consent: TextingConsent::default(),
        }
    }

    fn having(ids: &[u8]) -> Vec<PhoneMatch> {
        let found = |id: &u8| PhoneMatch {
            record: record(*id),
            assigned_user_id: None,
        };
        ids.iter().map(found).collect()
    }

    fn choice(of: u8, at: i64) -> Choice {
        let record = record(of);
        let at = Timestamp(at);
        Choice { record, at }
    }

    #[test]
    fn one_links_several_wait_and_a_choice_is_remembered() {
        let open = session(None, SessionState::Open);
        let before = choice(2, 500);
        let (one, two) = (having(&[1]), having(&[1, 2]));
        assert_eq!(decide(&open, None, &[]), Decision::Leave(RecordMatch::None));
        assert_eq!(decide(&open, None, &one), Decision::Link(&record(1)));
        assert_eq!(
            decide(&open, None, &two),
            Decision::Leave(RecordMatch::Several)
        );
        assert_eq!(
            decide(&open, Some(&before), &two),
            Decision::Link(&record(2))
        );
        assert_eq!(
            decide(&open, Some(&before), &one),
            Decision::Link(&record(1))
        );
    }

    #[test]
    fn a_remembered_record_gives_way_and_one_chosen_here_does_not() {
        let remembered = session(Some(2), SessionState::Open);
        let one = having(&[1]);
        let (before, here) = (choice(2, 500), choice(2, 1_000));
        assert_eq!(
            decide(&remembered, Some(&before), &one),
            Decision::Link(&record(1))
        );
        assert_eq!(
            decide(&remembered, Some(&before), &[]),
            Decision::Leave(RecordMatch::None)
        );
        assert_eq!(decide(&remembered, Some(&here), &one), Decision::Keep);
        let closed = session(Some(2), SessionState::Closed);
        assert_eq!(decide(&closed, Some(&before), &one), Decision::Keep);
    }

    proptest! {
        #[test]
        fn only_what_has_the_number_or_was_linked_is_ever_linked(
            linked in proptest::option::of(0_u8..4), chosen in proptest::option::of(0_u8..4),
            at in 0_i64..2_000, ids in proptest::collection::btree_set(0_u8..4, 0..4),
        ) {
            let exact = having(&ids.iter().copied().collect::<Vec<_>>());
            let choice = chosen.map(|id| choice(id, at));
            match decide(&session(linked, SessionState::Open), choice.as_ref(), &exact) {
                Decision::Link(to) => prop_assert!(exact.iter().any(|found| found.record == *to)),
                Decision::Keep => prop_assert!(linked.is_some()),
                Decision::Leave(RecordMatch::None) => prop_assert!(exact.is_empty()),
                Decision::Leave(_) => prop_assert!(exact.len() > 1),
            }
        }
    }
}
