//! Somebody starts texting: a member from a record, or an integrator to a bare number.

use super::link_session::{link_in, remember};
use super::{Carriers, Ctx, FlowError, Number, consent, send_message};
use crate::domain::access::{ApiKey, SignedIn};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::event::{Change, Event, NewEvent};
use crate::domain::ids::{ConversationId, MemberId, NumberId};
use crate::domain::phone::{Country, Peer, PhoneError, PhoneNumber};
use crate::domain::record::RecordRef;
use crate::gateways::crm::{CrmError, Record, UserProof};
use crate::store::{Tx, conversations, readings, sessions};

/// Which record a member wants to text, and how.
#[derive(Debug, Clone)]
pub struct FromRecord {
    /// The record.
    pub record: RecordRef,
    /// The field that holds the number; the module's first phone field by default.
    pub phone_field: Option<String>,
    /// The number to text from; the first one the member may use by default.
    pub number_id: Option<NumberId>,
}

/// Opens the session for a record after Sugar, asked as the user, let him see it.
pub async fn open_for_member(
    ctx: &Ctx,
    who: &SignedIn,
    proof: &UserProof,
    wanted: FromRecord,
) -> Result<Conversation, FlowError> {
    let number = number_for_member(&ctx.carriers(), who, wanted.number_id.as_ref())?.clone();
    let fields = wanted.record.module.phone_fields();
    let field = wanted.phone_field.as_deref().unwrap_or(fields[0]);
    if !fields.contains(&field) {
        return Err(FlowError::BadRequest(
            "This field of the record is not a phone field.",
        ));
    }
    let me = &who.member_id;
    let record = ctx.crm.read_phones(proof, me, &wanted.record).await?;
    keep_facts(ctx, vec![record.clone()]).await?;
    if record.do_not_text {
        return Err(FlowError::DoNotText);
    }
    let typed = record
        .phones
        .get(field)
        .map(String::as_str)
        .unwrap_or_default();
    let country = record.country.unwrap_or(ctx.rules.country);
    let peer = Peer::from(usable(country, field, typed)?);
    let also_shown = shown_other_record(ctx, (me, proof), &number, &peer, &wanted.record).await?;
    let opener = Opener::Member {
        member: me.clone(),
        record: wanted.record,
        also_shown,
    };
    open(ctx, number, peer, opener).await
}

/// Keeps what records say of texting, for the texts that are sent until Sugar shows them again, and
/// tells who texts with them when that changes.
pub(super) async fn keep_facts(ctx: &Ctx, shown: Vec<Record>) -> Result<(), FlowError> {
    let home = ctx.rules.country;
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            let now = tx.now;
            for record in &shown {
                let (record, facts) = (&record.reference, record.texting(home));
                let before = readings::of(tx.conn()?, record)?.unwrap_or_default();
                readings::keep(tx.conn()?, record, &facts, now)?;
                if before.do_not_text != facts.do_not_text {
                    consent::tell_sessions_about(tx, record)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// The record that the number's open session is about, when it is another one of a shared number.
///
/// Joining that session shows its texts, so Sugar must show the member that record too.
async fn shown_other_record(
    ctx: &Ctx,
    (me, proof): (&MemberId, &UserProof),
    number: &Number,
    peer: &Peer,
    wanted: &RecordRef,
) -> Result<Option<RecordRef>, FlowError> {
    let (number, peer) = (number.own.id.clone(), peer.clone());
    let open = ctx
        .store
        .read(move |conn| -> Result<_, FlowError> {
            let Some(id) = sessions::open_one(conn, &number, &peer)? else {
                return Ok(None);
            };
            Ok(conversations::find(conn, &id)?)
        })
        .await?;
    let about = open
        .and_then(|open| open.session)
        .and_then(|session| session.record);
    let Some(other) = about.filter(|record| record != wanted) else {
        return Ok(None);
    };
    match ctx.crm.read_phones(proof, me, &other).await {
        Ok(_) => Ok(Some(other)),
        Err(CrmError::NotVisible) => Err(OTHER_RECORD),
        Err(error) => Err(error.into()),
    }
}

const OTHER_RECORD: FlowError = FlowError::Forbidden(
    "A colleague is texting this number about a record that Sugar does not show you.",
);

/// Who opens a session.
#[derive(Clone)]
enum Opener {
    /// A member, from a record that Sugar showed him.
    Member {
        member: MemberId,
        record: RecordRef,
        also_shown: Option<RecordRef>,
    },
    /// An integrator, with a bare number.
    Key,
}

impl Opener {
    fn member(&self) -> Option<&MemberId> {
        match self {
            Self::Member { member, .. } => Some(member),
            Self::Key => None,
        }
    }

    fn record(&self) -> Option<&RecordRef> {
        match self {
            Self::Member { record, .. } => Some(record),
            Self::Key => None,
        }
    }

    /// Whether the texts about a record may be shown to him.
    fn may_read(&self, about: Option<&RecordRef>) -> bool {
        match (self, about) {
            (Self::Key, _) | (_, None) => true,
            (
                Self::Member {
                    record, also_shown, ..
                },
                Some(about),
            ) => about == record || also_shown.as_ref() == Some(about),
        }
    }
}

/// Opens the session for a bare number with a key's authority; its record is looked up later.
pub async fn open_for_key(
    ctx: &Ctx,
    key: &ApiKey,
    peer: &str,
    number_id: Option<&NumberId>,
) -> Result<Conversation, FlowError> {
    let carriers = ctx.carriers();
    let mut allowed = carriers
        .numbers
        .iter()
        .filter(|number| key.may_use(&number.own.id));
    let number = match number_id {
        Some(id) => allowed
            .find(|number| number.own.id == *id)
            .ok_or(FlowError::NumberNotAllowed)?,
        None => allowed.next().ok_or(FlowError::NoNumberConfigured)?,
    };
    let peer = PhoneNumber::parse(peer, ctx.rules.country).map_err(|_| {
        FlowError::NoUsableNumber("`peer` is not a phone number that can be texted.".to_owned())
    })?;
    open(ctx, number.clone(), Peer::from(peer), Opener::Key).await
}

fn number_for_member<'a>(
    carriers: &'a Carriers,
    who: &SignedIn,
    wanted: Option<&NumberId>,
) -> Result<&'a Number, FlowError> {
    if carriers.numbers.is_empty() {
        return Err(FlowError::NoNumberConfigured);
    }
    carriers
        .numbers
        .iter()
        .find(|number| {
            number.is_for(&who.member_id) && wanted.is_none_or(|id| number.own.id == *id)
        })
        .ok_or(FlowError::NumberNotAllowed)
}

fn usable(country: Country, field: &str, typed: &str) -> Result<PhoneNumber, FlowError> {
    let what = match field {
        "phone_mobile" => "mobile number",
        _ => "number in this field",
    };
    PhoneNumber::parse(typed, country).map_err(|error| {
        FlowError::NoUsableNumber(match error {
            PhoneError::Missing => format!("This record has no {what}. Add one in Sugar first."),
            _ => format!("The {what} of this record cannot be texted. Correct it in Sugar first."),
        })
    })
}

async fn open(
    ctx: &Ctx,
    number: Number,
    peer: Peer,
    opener: Opener,
) -> Result<Conversation, FlowError> {
    let id = ctx.new_id().to_string();
    let committed = ctx
        .store
        .write(move |tx| -> Result<_, FlowError> {
            let id = ConversationId::parse(&id).map_err(|_| FlowError::ConversationNotFound)?;
            match sessions::open_one(tx.conn()?, &number.own.id, &peer)? {
                Some(open) => join(tx, &open, &opener),
                None => start(tx, &id, &number.own.id, &peer, &opener),
            }
        })
        .await?;
    if committed.cursor.is_some() {
        ctx.work.notify_one();
    }
    Ok(committed.value)
}

/// The pair is texting already: the member joins, and an unknown record becomes known.
fn join(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    opener: &Opener,
) -> Result<Conversation, FlowError> {
    let found = conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    let about = found
        .session
        .as_ref()
        .and_then(|session| session.record.as_ref());
    if !opener.may_read(about) {
        return Err(OTHER_RECORD);
    }
    if let (Some(record), None, Some(session)) = (opener.record(), about, &found.session) {
        remember(tx, session, record)?;
        link_in(tx, &found, record)?;
    }
    if let Some(member) = opener.member()
        && conversations::add_member(tx.conn()?, id, member)?
    {
        send_message::announce(tx, id, Change::Joined)?;
    }
    conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)
}

fn start(
    tx: &mut Tx<'_, '_>,
    id: &ConversationId,
    number: &NumberId,
    peer: &Peer,
    opener: &Opener,
) -> Result<Conversation, FlowError> {
    let (member, record) = (opener.member(), opener.record());
    let members: Vec<MemberId> = member.cloned().into_iter().collect();
    let kind = ConversationKind::Sms;
    let now = tx.now;
    conversations::insert(tx.conn()?, id, kind, None, &members, now)?;
    sessions::insert(tx.conn()?, id, number, peer, record, member, now)?;
    if record.is_none() {
        super::route_session::ask_for(tx, id)?;
    }
    let conversation =
        conversations::find(tx.conn()?, id)?.ok_or(FlowError::ConversationNotFound)?;
    if let (Some(record), Some(session)) = (record, &conversation.session) {
        remember(tx, session, record)?;
    }
    let event = Event::ConversationCreated {
        conversation: conversation.clone(),
    };
    tx.emit(NewEvent::to(members, event));
    Ok(conversation)
}
