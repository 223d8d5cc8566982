//! The seven days of a job, by a clock that the test moves.

use super::*;
use crate::domain::conversation::{ConversationKind, NoteState, OwnNumber};
use crate::domain::habits::Habits;
use crate::domain::ids::{ConversationId, GatewayId, MemberId, MessageId, NumberId};
use crate::domain::member::Member;
use crate::domain::message::{Message, MessageState, Sender};
use crate::domain::phone::Peer;
use crate::domain::record::{Module, RecordRef};
use crate::flows::close_session::{self, CloseReason};
use crate::jobs::outbox as worker;
use crate::store::{conversations, job_list, members, messages, outbox, sessions};
use std::sync::atomic::{AtomicI64, Ordering};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Stands still until it is moved.
pub(super) struct StillClock(pub(super) AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// As unlucky as can be: every pause is as long as it may be.
struct Longest;

impl Entropy for Longest {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0xff);
    }
}

pub(super) fn config(folder: &std::path::Path) -> Config {
    let mut config = Config::default();
    let file = folder.join("riverline.db");
    config.database.url = crate::config::DatabaseUrl::Sqlite(file);
    // Nobody listens there: every call fails at once.
    config.sugar.url = Some("http://127.0.0.1:1".parse().unwrap());
    config.sugar.username = Some("riverline".to_owned());
    config.sugar.password = Some("riverline".into());
    config
}

/// A closed session with one text, about a contact.
fn close_one(tx: &mut store::Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    let sally = Member {
        picture: None,
        id: MemberId::parse("sally").unwrap(),
        name: "Sally Bronsen".to_owned(),
        title: None,
        department: None,
        active: true,
    };
    let own = OwnNumber {
        id: NumberId::parse("main").unwrap(),
        e164: "+14155550100".to_owned(),
        label: "Support".to_owned(),
    };
    let record = RecordRef {
        module: Module::Contacts,
        id: "gus".to_owned(),
    };
    let peer = Peer::parse("+14155552671").unwrap();
    let (now, owner) = (tx.now, std::slice::from_ref(&sally.id));
    let conn = tx.conn()?;
    members::save(conn, &sally, &Habits::default())?;
    store::numbers::save(conn, &own, &GatewayId::parse("sim").unwrap())?;
    conversations::insert(conn, id, ConversationKind::Sms, None, owner, now)?;
    sessions::insert(
        conn,
        id,
        &own.id,
        &peer,
        Some(&record),
        Some(&sally.id),
        now,
    )?;
    let text = Message {
        id: MessageId::parse("0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa").unwrap(),
        conversation_id: id.clone(),
        sender: Sender::Member(sally.id),
        text: "hello".to_owned(),
        state: MessageState::Sent,
        reason: None,
        parts: None,
        send_at: None,
        resend_of: None,
        sent_at: None,
        pictures: Vec::new(),
        created_at: now,
    };
    messages::insert(conn, &text, None)?;
    close_session::close_in(tx, id, CloseReason::Asked)
}

#[tokio::test]
async fn a_note_is_tried_for_seven_days_and_then_set_aside_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(StillClock(AtomicI64::new(1_763_805_843_007)));
    let shared: Arc<dyn Clock> = Arc::<StillClock>::clone(&clock);
    let service = build_with(config(folder.path()), shared, Arc::new(Longest));
    let ctx = service.await.unwrap().ctx;
    let id = ConversationId::parse("conversation").unwrap();
    let closed = id.clone();
    ctx.store
        .write(move |tx| close_one(tx, &closed))
        .await
        .unwrap();

    let begun = clock.now();
    let mut tries = vec![begun];
    let next = || async {
        ctx.store
            .read({
                let now = clock.now();
                move |conn| Ok::<_, FlowError>(outbox::next_due(conn, now)?)
            })
            .await
    };
    while let Some(due) = next().await.unwrap() {
        clock.0.store(due.0, Ordering::SeqCst);
        for job in worker::claim(&ctx, worker::SLOTS).await {
            worker::run(&ctx, &job).await;
        }
        tries.push(due);
    }
    let pauses: Vec<i64> = tries.windows(2).map(|two| two[1].0 - two[0].0).collect();
    let lasted = tries[tries.len() - 1].0 - begun.0;
    assert!(
        pauses[1] < 1_000 && pauses[2] < 2_000 && pauses[3] < 4_000,
        "{:?}",
        &pauses[..4]
    );
    let longest = *pauses.iter().max().unwrap();
    assert!(
        (4 * MINUTE_MS..=5 * MINUTE_MS).contains(&longest),
        "{longest}"
    );
    assert!(
        (7 * DAY_MS..7 * DAY_MS + 5 * MINUTE_MS).contains(&lasted),
        "{lasted}"
    );

    let parked = ctx
        .store
        .read(|conn| Ok::<_, FlowError>(job_list::page(conn, true, 0, 10)?));
    let parked = parked.await.unwrap();
    assert_eq!(parked.len(), 1);
    let reason = parked[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("Sugar cannot be reached"), "{reason}");
    let found = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(conversations::find(conn, &id)?));
    let note = found.await.unwrap().unwrap().session.unwrap().note;
    assert_eq!(note.state, NoteState::Failed);
    assert!(note.reason.unwrap().contains("Ask your administrator"));
}
