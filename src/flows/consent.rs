//! STOP, START and HELP are honoured in the transaction that stores them (promise 7).

use super::admit_text::{TextingRules, admit_answer};
use super::receive_sms::advance;
use super::send_message::announce;
use super::{Ctx, FlowError, Number, mark_record, require};
use crate::domain::access::{Actor, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentEvent, ConsentKind, ConsentSource, Keyword, keyword};
use crate::domain::event::{Change, Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId, MessageId, NumberId};
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::domain::record::RecordRef;
use crate::domain::segments::segments;
use crate::store::outbox::{self, JobKind};
use crate::store::{Tx, consents, conversations, messages, outgoing, sessions};

/// Automatic answers to one peer in one hour: two machines must not talk for ever.
const ANSWERS_PER_HOUR: usize = 3;
const HOUR_MS: i64 = 3_600_000;
/// A carrier's clock and ours.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// What an admin has decided about keywords.
#[derive(Debug, Clone)]
pub struct ConsentRules {
    /// Words that mean STOP beside the usual ones.
    pub stop_words: Vec<String>,
    /// The confirmation of a STOP.
    pub stop_reply: String,
    /// The confirmation of a START.
    pub start_reply: String,
    /// The answer to HELP.
    pub help_reply: String,
}

/// A text from the other side, just stored.
pub struct Heard<'a> {
    /// The number of ours.
    pub number: &'a Number,
    /// Its session.
    pub conversation: &'a ConversationId,
    /// Who wrote.
    pub peer: &'a Peer,
    /// What.
    pub text: &'a str,
    /// When the carrier says that it was written.
    pub sent_at: Option<Timestamp>,
    /// What the carrier made of it.
    pub understood: Option<Keyword>,
    /// The carrier has answered this one itself.
    pub carrier_answers: bool,
    /// Ids for what may have to be written.
    pub ids: [uuid::Uuid; 2],
}

/// Acts on a text that is a keyword, in the transaction that stores it.
pub fn hear(
    tx: &mut Tx<'_, '_>,
    rules: &ConsentRules,
    texting: &TextingRules,
    heard: &Heard<'_>,
) -> Result<(), FlowError> {
    let number = &heard.number.own.id;
    let opted_out = consents::opted_out_since(tx.conn()?, number, heard.peer)?.is_some();
    let read = keyword(heard.text, opted_out, &rules.stop_words);
    let Some(keyword) = heard.understood.or(read) else {
        return Ok(());
    };
    let changed = match keyword {
        Keyword::Stop => change(tx, heard, ConsentKind::OptOut)?,
        Keyword::Start => change(tx, heard, ConsentKind::OptIn)?,
        // Nothing but the confirmation goes out after a STOP.
        Keyword::Help => !opted_out,
    };
    // Twilio's Advanced Opt-Out and its like have answered already (sms-gateways 2.7).
    let answered = heard.carrier_answers || heard.understood.is_some();
    if !changed || answered {
        return Ok(());
    }
    let reply = match keyword {
        Keyword::Stop => &rules.stop_reply,
        Keyword::Start => &rules.start_reply,
        Keyword::Help => &rules.help_reply,
    };
    answer(tx, texting, heard, keyword, reply)
}

/// Writes down what was said; whether it changed anything.
fn change(tx: &mut Tx<'_, '_>, heard: &Heard<'_>, kind: ConsentKind) -> Result<bool, FlowError> {
    let source = match heard.understood {
        Some(_) => ConsentSource::Carrier,
        None => ConsentSource::Text,
    };
    let event = ConsentEvent {
        id: heard.ids[0].to_string(),
        number_id: heard.number.own.id.clone(),
        peer: heard.peer.clone(),
        kind,
        source,
        member_id: None,
        text: Some(heard.text.to_owned()),
        at: tx.now,
    };
    let blocked = consents::opted_out_since(tx.conn()?, &event.number_id, &event.peer)?;
    let overtaken = |since: Timestamp| {
        let written = heard.sent_at.map(|at| at.plus_ms(CLOCKS_DIFFER_MS));
        kind == ConsentKind::OptIn && written.is_some_and(|at| at < since)
    };
    if blocked.is_some_and(overtaken) {
        // A START that was repeated after the STOP that followed it: it is kept, and lifts nothing.
        consents::add(tx.conn()?, &event)?;
        return Ok(false);
    }
    record(tx, &event)
}

/// Keeps an event and what follows from it; whether the peer may now be texted otherwise than
/// before.
pub(super) fn record(tx: &mut Tx<'_, '_>, event: &ConsentEvent) -> Result<bool, FlowError> {
    let (number, peer, now) = (&event.number_id, &event.peer, tx.now);
    consents::add(tx.conn()?, event)?;
    let changed = match event.kind {
        ConsentKind::OptOut => {
            let changed = consents::block(tx.conn()?, number, peer, now)?;
            // At a second STOP only the confirmation of the first can still wait, and is owed.
            if changed {
                for waiting in outgoing::waiting(tx.conn()?, number, peer)? {
                    call_off(tx, waiting, OPTED_OUT)?;
                }
                mark_record::ask_for_last(tx, number, peer)?;
            }
            changed
        }
        ConsentKind::OptIn => consents::unblock(tx.conn()?, number, peer)?,
    };
    if changed && let Some(open) = sessions::open_one(tx.conn()?, number, peer)? {
        announce(tx, &open, Change::Consent)?;
    }
    Ok(changed)
}

/// Tells who texts with a record that it may be texted now, or not any more.
pub(super) fn tell_sessions_about(
    tx: &mut Tx<'_, '_>,
    record: &RecordRef,
) -> Result<(), FlowError> {
    for open in sessions::open_about(tx.conn()?, record)? {
        announce(tx, &open, Change::Consent)?;
    }
    Ok(())
}

/// Calls a waiting text off, and its job with it: what comes after it must not wait for that.
pub(super) fn call_off(tx: &mut Tx<'_, '_>, id: MessageId, reason: &str) -> Result<(), FlowError> {
    advance(tx, id, MessageState::Canceled, Some(reason))?;
    let now = tx.now;
    Ok(outbox::cancel(
        tx.conn()?,
        JobKind::SendSms,
        &id.to_string(),
        now,
    )?)
}

/// Shown with a text that a STOP overtook.
pub(super) const OPTED_OUT: &str = "The other side does not want any more texts.";

/// Queues the automatic answer; that to a STOP is the one text that goes out after it.
fn answer(
    tx: &mut Tx<'_, '_>,
    texting: &TextingRules,
    heard: &Heard<'_>,
    keyword: Keyword,
    reply: &str,
) -> Result<(), FlowError> {
    let now = tx.now;
    let conversation = heard.conversation;
    let since = now.plus_ms(-HOUR_MS);
    let recent = messages::automatic_since(tx.conn()?, conversation, since)?;
    let confirms = keyword == Keyword::Stop;
    if reply.is_empty() || (recent >= ANSWERS_PER_HOUR && !confirms) {
        return Ok(());
    }
    let text = reply.replace("{number}", &heard.number.own.label);
    if !admit_answer(tx, texting, heard.number, heard.peer, &text, confirms)? {
        return Ok(());
    }
    let message = Message {
        id: MessageId::from_uuid(heard.ids[1]),
        conversation_id: conversation.clone(),
        sender: Sender::Service,
        state: MessageState::Queued,
        reason: None,
        parts: Some(segments(&text).parts),
        text,
        send_at: None,
        resend_of: None,
        sent_at: None,
        pictures: Vec::new(),
        created_at: now,
    };
    let conn = tx.conn()?;
    messages::insert(conn, &message, None)?;
    let subject = message.id.to_string();
    // Not behind the texts of the conversation: a confirmation must not wait for them.
    let lane = format!("answer {subject}");
    outbox::push(conn, JobKind::SendSms, &subject, &lane, now)?;
    let audience = conversations::members(conn, conversation)?;
    if !audience.is_empty() {
        tx.emit(NewEvent::to(audience, Event::MessageCreated { message }));
    }
    Ok(())
}

/// The carrier refused a text because the other side has opted out there.
pub(super) fn told_by_carrier(
    tx: &mut Tx<'_, '_>,
    id: String,
    refused: MessageId,
) -> Result<(), FlowError> {
    let found = messages::find(tx.conn()?, refused)?.ok_or(FlowError::MessageNotFound)?;
    let conversation = conversations::find(tx.conn()?, &found.message.conversation_id)?;
    let session = conversation.and_then(|found| found.session);
    let session = session.ok_or(FlowError::ConversationNotFound)?;
    let (number_id, peer) = (session.number.id, session.peer);
    if consents::opted_out_since(tx.conn()?, &number_id, &peer)?.is_some() {
        return Ok(());
    }
    let opted_in = consents::last_opt_in(tx.conn()?, &number_id, &peer)?;
    if opted_in.is_some_and(|at| found.message.created_at < at) {
        // The text was refused before they wanted texts again.
        return Ok(());
    }
    let event = ConsentEvent {
        id,
        number_id,
        peer,
        kind: ConsentKind::OptOut,
        source: ConsentSource::Carrier,
        member_id: None,
        text: None,
        at: tx.now,
    };
    record(tx, &event)?;
    Ok(())
}

/// Which consent events somebody wants to see.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Only of this peer.
    pub peer: Option<Peer>,
    /// The last one of the page before.
    pub after: Option<String>,
    /// How many.
    pub limit: usize,
}

/// What was said about consent at the caller's numbers, newest first.
pub async fn list(
    ctx: &Ctx,
    actor: &Actor,
    wanted: Wanted,
) -> Result<Vec<ConsentEvent>, FlowError> {
    require(actor, Scope::SmsRead)?;
    let numbers: Vec<NumberId> = ctx
        .carriers()
        .numbers
        .iter()
        .filter(|number| may_use(actor, number))
        .map(|number| number.own.id.clone())
        .collect();
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
    let of_member = only_his(actor);
    ctx.store
        .read(move |conn| {
            let (peer, after) = (wanted.peer.as_ref(), wanted.after.as_deref());
            let of_member = of_member.as_ref();
            let page = consents::page(conn, &numbers, peer, of_member, after, limit)?;
            Ok::<_, FlowError>(page)
        })
        .await
}

/// What a member was told, on the phone for example.
#[derive(Debug, Clone)]
pub struct Told {
    /// What the caller calls this request, made unlike other callers' names; the same is one event.
    pub request: Option<String>,
    /// The number of ours.
    pub number_id: NumberId,
    /// Who told it.
    pub peer: Peer,
    /// What.
    pub kind: ConsentKind,
    /// In which words.
    pub text: Option<String>,
}

/// Writes down what a member or an integrator was told. That somebody wants texts again is taken
/// from an admin only: it lifts a legal block.
pub async fn write_down(ctx: &Ctx, actor: &Actor, told: Told) -> Result<ConsentEvent, FlowError> {
    require(actor, Scope::SmsSend)?;
    let carriers = ctx.carriers();
    let number = carriers.number(&told.number_id);
    number
        .filter(|number| may_use(actor, number))
        .ok_or(FlowError::NumberNotAllowed)?;
    let is_admin = matches!(actor, Actor::Member(member) if member.admin);
    if told.kind == ConsentKind::OptIn && !is_admin {
        return Err(FlowError::Forbidden(
            "Only an administrator can say that somebody wants texts again. Or they text START.",
        ));
    }
    let id = ctx.new_id().to_string();
    let of_member = only_his(actor);
    let source = match actor {
        Actor::Member(_) => ConsentSource::Member,
        Actor::Key(_) => ConsentSource::Key,
    };
    let member_id: Option<MemberId> = match actor {
        Actor::Member(member) => Some(member.member_id.clone()),
        Actor::Key(_) => None,
    };
    let committed = ctx
        .store
        .write(move |tx| -> Result<ConsentEvent, FlowError> {
            if let Some(member) = &of_member
                && !sessions::texts_with(tx.conn()?, member, &told.number_id, &told.peer)?
            {
                return Err(FlowError::Forbidden(
                    "Open a conversation with this number first.",
                ));
            }
            let event = ConsentEvent {
                id: id.clone(),
                number_id: told.number_id.clone(),
                peer: told.peer.clone(),
                kind: told.kind,
                source,
                member_id: member_id.clone(),
                text: told.text.clone(),
                at: tx.now,
            };
            if let Some(request) = &told.request {
                if let Some(known) = consents::of_request(tx.conn()?, request)? {
                    return repeated(known, &event);
                }
                record(tx, &event)?;
                consents::name_request(tx.conn()?, &event.id, request)?;
                return Ok(event);
            }
            record(tx, &event)?;
            Ok(event)
        })
        .await?;
    Ok(committed.value)
}

/// The event of a request that was made before, if it asked for the same.
fn repeated(known: ConsentEvent, asked: &ConsentEvent) -> Result<ConsentEvent, FlowError> {
    let same = (&known.number_id, &known.peer, known.kind, &known.text)
        == (&asked.number_id, &asked.peer, asked.kind, &asked.text);
    if same {
        Ok(known)
    } else {
        Err(FlowError::KeyConflict)
    }
}

/// Sugar decides whose texts a member sees: an admin's look and a key's numbers are wider.
fn only_his(actor: &Actor) -> Option<MemberId> {
    match actor {
        Actor::Member(member) if !member.admin => Some(member.member_id.clone()),
        Actor::Member(_) | Actor::Key(_) => None,
    }
}

fn may_use(actor: &Actor, number: &Number) -> bool {
    match actor {
        Actor::Member(member) if member.admin => true,
        Actor::Member(member) => number.is_for(&member.member_id),
        Actor::Key(key) => key.may_use(&number.own.id),
    }
}
