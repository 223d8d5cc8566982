//! Job: a picture that came with a text is fetched from the carrier and kept.
//!
//! Nothing of it is believed: it is asked for with the account's authority at the carrier's own
//! hosts only, its size is bounded, and it is a picture when its first bytes say so.

use super::{Ctx, FlowError, JobEnd, finish, require, scope_for, visible};
use crate::domain::access::Actor;
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, GatewayId, MessageId};
use crate::domain::picture::{Picture, PictureState, picture_type};
use crate::gateways::sms::{self, ListError};
use crate::store::outbox::{self, Job, JobKind};
use crate::store::pictures::{self, AtCarrier};
use crate::store::{Tx, conversations, messages};

/// Tries before a picture is given up: some hours.
const TRIES: i32 = 12;
/// Pictures of one text; carriers take ten at most.
const MOST: usize = 10;

/// Pictures with the ids that they will have.
pub(super) type Expected = Vec<(String, sms::Picture)>;

/// Names the pictures of a text.
pub(super) fn expect(ctx: &Ctx, pictures: Vec<sms::Picture>) -> Expected {
    let named = pictures.into_iter().take(MOST);
    named
        .map(|picture| (ctx.new_id().to_string(), picture))
        .collect()
}

/// What is shown of pictures that are still at the carrier.
pub(super) fn waiting(expected: &Expected) -> Vec<Picture> {
    let picture = |(id, _): &(String, sms::Picture)| Picture {
        id: id.clone(),
        content_type: None,
        bytes: None,
        state: PictureState::Waiting,
    };
    expected.iter().map(picture).collect()
}

/// Has the pictures of a text fetched, in the transaction that stores it.
pub(super) fn ask_for(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    message_id: MessageId,
    expected: &Expected,
) -> Result<(), FlowError> {
    let now = tx.now;
    for (id, picture) in expected {
        let at_carrier = AtCarrier {
            message_id,
            gateway: gateway.clone(),
            url: Some(picture.url.clone()),
            told_type: picture.content_type.clone(),
        };
        pictures::insert(tx.conn()?, id, &at_carrier)?;
        let lane = format!("picture {id}");
        outbox::push(tx.conn()?, JobKind::FetchPicture, id, &lane, now)?;
    }
    Ok(())
}

/// Fetches the picture of a job.
pub async fn fetch(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = job.subject.clone();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(pictures::find(conn, &id)?))
        .await?;
    let content = match found {
        Some(AtCarrier {
            url: Some(url),
            gateway,
            told_type,
            ..
        }) => {
            let picture = sms::Picture {
                url,
                content_type: told_type,
            };
            match ctx.gateway(&gateway) {
                Some(carrier) => carrier.fetch(&picture, ctx.rules.picture_bytes).await,
                None => Err(ListError::NotAble),
            }
        }
        _ => Err(ListError::NotAble),
    };
    if let Err(ListError::Failed(why)) = content
        && job.tries < TRIES
    {
        return Ok(JobEnd::Later {
            reason: format!("a picture cannot be fetched: {why}"),
            after_ms: None,
        });
    }
    let limit = ctx.rules.picture_bytes;
    let content = content.ok().filter(|content| content.len() <= limit);
    let job = job.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            settle(tx, &job.subject, content.as_deref())?;
            finish(tx, &job)
        })
        .await?;
    Ok(JobEnd::Finished)
}

/// Keeps what came, or that nothing will, and tells the members.
pub(super) fn settle(
    tx: &mut Tx<'_, '_>,
    id: &str,
    content: Option<&[u8]>,
) -> Result<(), FlowError> {
    let Some(picture) = pictures::find(tx.conn()?, id)? else {
        return Ok(());
    };
    let known = content.and_then(|content| Some((content, picture_type(content)?)));
    pictures::settle(tx.conn()?, id, known.map(|(content, _)| content))?;
    let found = messages::find(tx.conn()?, picture.message_id)?;
    let mut message = found.ok_or(FlowError::MessageNotFound)?.message;
    for shown in message.pictures.iter_mut().filter(|shown| shown.id == id) {
        match known {
            Some((content, content_type)) => {
                shown.state = PictureState::Stored;
                shown.content_type = Some(content_type.to_owned());
                shown.bytes = Some(content.len());
            }
            None => shown.state = PictureState::Failed,
        }
    }
    pictures::show(tx.conn()?, message.id, &message.pictures)?;
    let audience = conversations::members(tx.conn()?, &message.conversation_id)?;
    if !audience.is_empty() {
        let event = Event::PicturesUpdated {
            conversation_id: message.conversation_id,
            message_id: message.id,
            pictures: message.pictures,
        };
        tx.emit(NewEvent::to(audience, event));
    }
    Ok(())
}

/// The bytes of a picture, for whoever is in its conversation.
pub async fn content(
    ctx: &Ctx,
    actor: &Actor,
    conversation: ConversationId,
    message: MessageId,
    id: String,
) -> Result<Vec<u8>, FlowError> {
    let actor = actor.clone();
    ctx.store
        .read(move |conn| {
            let found = visible(conn, &actor, &conversation)?;
            require(&actor, scope_for(found.kind, false))?;
            let placed = messages::find(conn, message)?;
            placed
                .filter(|placed| placed.message.conversation_id == conversation)
                .ok_or(FlowError::MessageNotFound)?;
            pictures::content(conn, message, &id)?.ok_or(FlowError::PictureNotFound)
        })
        .await
}
