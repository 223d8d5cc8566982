//! Job: a picture that came with a text is fetched from the carrier and kept.
//!
//! Nothing of it is believed: it is asked for with the account's authority at the carrier's own
//! hosts only, its size is bounded, and it is a picture when its first bytes say so.

use super::{Ctx, FlowError, JobEnd, finish, require, scope_for, visible};
use crate::domain::access::Actor;
use crate::domain::event::{Event, NewEvent};
use crate::domain::ids::{ConversationId, GatewayId, MessageId};
use crate::domain::picture::{Content, Picture, PictureProblem, PictureState};
use crate::gateways::sms;
use crate::store::outbox::{self, Job, JobKind};
use crate::store::pictures::{self, AtCarrier};
use crate::store::{Db, Tx, conversations, messages};

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
    let ids = expected.iter().map(|(id, _)| id.clone());
    ids.map(Picture::waiting).collect()
}

/// Has the pictures of a text fetched, in the transaction that stores it.
pub(super) fn ask_for(
    tx: &mut Tx<'_, '_>,
    gateway: &GatewayId,
    message_id: MessageId,
    expected: &Expected,
) -> Result<(), FlowError> {
    for (id, picture) in expected {
        let at_carrier = AtCarrier {
            message_id,
            gateway: gateway.clone(),
            url: picture.url.clone(),
            told_type: picture.content_type.clone(),
        };
        pictures::insert(tx.conn()?, id, &at_carrier)?;
        push_job(tx, id)?;
    }
    Ok(())
}

fn push_job(tx: &mut Tx<'_, '_>, id: &str) -> Result<(), FlowError> {
    let (lane, now) = (format!("picture {id}"), tx.now);
    Ok(outbox::push(
        tx.conn()?,
        JobKind::FetchPicture,
        id,
        &lane,
        now,
    )?)
}

/// Fetches the picture of a job.
pub async fn fetch(ctx: &Ctx, job: &Job) -> Result<JobEnd, FlowError> {
    let id = job.subject.clone();
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(pictures::find(conn, &id)?))
        .await?;
    let content = match found {
        Some(at_carrier) => Some(ask(ctx, at_carrier).await),
        None => None,
    };
    if content == Some(Err(PictureProblem::NotGiven)) && job.tries < TRIES {
        return Ok(JobEnd::Later {
            reason: format!("a picture: {}", PictureProblem::NotGiven),
            after_ms: None,
        });
    }
    let job = job.clone();
    ctx.store
        .write(move |tx| -> Result<(), FlowError> {
            if let Some(content) = &content {
                settle(
                    tx,
                    &job.subject,
                    content.as_ref().map_err(|problem| *problem),
                )?;
            }
            finish(tx, &job)
        })
        .await?;
    Ok(JobEnd::Finished)
}

async fn ask(ctx: &Ctx, at_carrier: AtCarrier) -> Result<Content, PictureProblem> {
    let most = ctx.rules.picture_bytes;
    let picture = sms::Picture {
        url: at_carrier.url,
        content_type: at_carrier.told_type,
    };
    let carriers = ctx.carriers();
    let carrier = carriers.gateway(&at_carrier.gateway);
    let carrier = carrier.ok_or(PictureProblem::NoGateway)?;
    Content::of(carrier.fetch(&picture, most).await?, most)
}

/// Keeps what came, or why nothing did, and tells the members.
pub(super) fn settle(
    tx: &mut Tx<'_, '_>,
    id: &str,
    content: Result<&Content, PictureProblem>,
) -> Result<(), FlowError> {
    let Some(picture) = pictures::find(tx.conn()?, id)? else {
        return Ok(());
    };
    match content {
        Err(problem) if problem.may_pass() => {}
        _ => pictures::settle(tx.conn()?, id, content.ok().map(Content::bytes))?,
    }
    change(tx, picture.message_id, id, |shown| match content {
        Ok(content) => shown.has_come(content),
        Err(problem) => shown.has_failed(problem),
    })
}

/// Changes what is shown of one picture of a message, and tells the members.
fn change(
    tx: &mut Tx<'_, '_>,
    message: MessageId,
    id: &str,
    how: impl Fn(&mut Picture),
) -> Result<(), FlowError> {
    let found = messages::find(tx.conn()?, message)?;
    let mut message = found.ok_or(FlowError::MessageNotFound)?.message;
    message
        .pictures
        .iter_mut()
        .filter(|shown| shown.id == id)
        .for_each(how);
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

/// Has a picture that failed fetched once more; one that is here or on its way stays as it is.
pub async fn try_again(
    ctx: &Ctx,
    actor: &Actor,
    conversation: ConversationId,
    message: MessageId,
    id: String,
) -> Result<Picture, FlowError> {
    let actor = actor.clone();
    let committed = ctx
        .store
        .write(move |tx| {
            visible(tx.conn()?, &actor, &conversation)?;
            let shown = shown(tx.conn()?, &conversation, message, &id)?;
            if shown.state != PictureState::Failed {
                return Ok(shown);
            }
            if !shown.can_retry {
                return Err(FlowError::PictureLost);
            }
            // A job that was set aside with the last failure is done with.
            outbox::drop_parked(tx.conn()?, JobKind::FetchPicture, &id)?;
            push_job(tx, &id)?;
            let waiting = Picture::waiting(id.clone());
            change(tx, message, &id, |shown| *shown = waiting.clone())?;
            Ok(waiting)
        })
        .await?;
    ctx.work.notify_one();
    Ok(committed.value)
}

/// What everybody sees of one picture of a message.
fn shown(
    conn: &mut Db,
    conversation: &ConversationId,
    message: MessageId,
    id: &str,
) -> Result<Picture, FlowError> {
    let placed = messages::find(conn, message)?;
    let message = placed
        .map(|placed| placed.message)
        .filter(|message| message.conversation_id == *conversation)
        .ok_or(FlowError::MessageNotFound)?;
    let mut pictures = message.pictures.into_iter();
    pictures
        .find(|shown| shown.id == id)
        .ok_or(FlowError::PictureNotFound)
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
            shown(conn, &conversation, message, &id)?;
            pictures::content(conn, message, &id)?.ok_or(FlowError::PictureNotFound)
        })
        .await
}
