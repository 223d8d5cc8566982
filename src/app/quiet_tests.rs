//! A text that waits until it is night where it goes, by a clock that the test moves.

use super::tests::{StillClock, config};
use super::*;
use crate::config::{Gateway, Number as NumberSettings, SimulatorGateway};
use crate::domain::access::{Actor, SignedIn};
use crate::domain::conversation::ConversationKind;
use crate::domain::habits::Habits;
use crate::domain::ids::{ConversationId, MemberId, MessageId, NumberId};
use crate::domain::member::Member;
use crate::domain::message::MessageState;
use crate::domain::phone::Peer;
use crate::flows::admit_text::When;
use crate::flows::send_message::{NewMessage, send};
use crate::jobs::outbox as worker;
use crate::store::{conversations, members, messages, outbox, sessions};
use std::sync::atomic::{AtomicI64, Ordering};

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// With a simulated number in San Francisco, where texts are put off from 21:00 to 8:00.
pub(super) fn quiet_config(folder: &std::path::Path) -> Config {
    let mut config = config(folder);
    config.gateways.push(Gateway::Simulator(SimulatorGateway {
        id: "sim".to_owned(),
        ..SimulatorGateway::default()
    }));
    config.numbers.push(NumberSettings {
        id: "main".to_owned(),
        number: "+14155550100".to_owned(),
        gateway: "sim".to_owned(),
        ..NumberSettings::default()
    });
    config.sms.quiet = "defer".to_owned();
    config.sms.quiet_from = "21:00".to_owned();
    config.sms.quiet_to = "08:00".to_owned();
    config
}

/// An open session of sally's.
pub(super) fn open(tx: &mut store::Tx<'_, '_>, id: &ConversationId) -> Result<(), FlowError> {
    let sally = Member {
        picture: None,
        id: MemberId::parse("sally").unwrap(),
        name: "Sally Bronsen".to_owned(),
        title: None,
        department: None,
        active: true,
    };
    let (own, peer) = (
        NumberId::parse("main").unwrap(),
        Peer::parse("+14155552671").unwrap(),
    );
    let (now, owner) = (tx.now, std::slice::from_ref(&sally.id));
    let conn = tx.conn()?;
    members::save(conn, &sally, &Habits::default())?;
    conversations::insert(conn, id, ConversationKind::Sms, None, owner, now)?;
    sessions::insert(conn, id, &own, &peer, None, Some(&sally.id), now)?;
    Ok(())
}

/// A planned text takes its turn first, and goes out then.
async fn run_due(ctx: &Ctx) {
    loop {
        let jobs = worker::claim(ctx, worker::SLOTS).await;
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            worker::run(ctx, &job).await;
        }
    }
}

#[tokio::test]
async fn what_has_waited_into_quiet_hours_waits_until_they_end() {
    let folder = tempfile::tempdir().unwrap();
    // 20:59 in San Francisco.
    let evening = at("2026-11-24T04:59:00Z");
    let clock = Arc::new(StillClock(AtomicI64::new(evening)));
    let shared: Arc<dyn Clock> = Arc::<StillClock>::clone(&clock);
    let settings = quiet_config(folder.path());
    let service = build_with(settings, shared, Arc::new(SystemEntropy));
    let ctx = service.await.unwrap().ctx;
    let conversation = ConversationId::parse("conversation").unwrap();
    let opened = conversation.clone();
    ctx.store.write(move |tx| open(tx, &opened)).await.unwrap();
    let sally = Actor::Member(SignedIn {
        member_id: MemberId::parse("sally").unwrap(),
        admin: false,
    });
    let say = async |message_id: &str, despite_quiet_hours| {
        let message_id = MessageId::parse(message_id).unwrap();
        let new = NewMessage {
            conversation_id: conversation.clone(),
            message_id,
            text: "Your order is here".to_owned(),
            when: When {
                send_at: None,
                despite_quiet_hours,
            },
        };
        send(&ctx, &sally, new).await.unwrap();
        message_id
    };
    let stored = async |id| {
        let read = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(messages::find(conn, id)?));
        read.await.unwrap().unwrap().message
    };
    let waits = say("0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa", false).await;
    // The service was busy, or its carrier, until 21:05.
    clock.0.store(at("2026-11-24T05:05:00Z"), Ordering::SeqCst);
    run_due(&ctx).await;
    let morning = at("2026-11-24T16:00:00.000Z");
    let put_off = stored(waits).await;
    assert_eq!(put_off.state, MessageState::Scheduled);
    assert_eq!(put_off.send_at, Some(Timestamp(morning)));
    let told = ctx
        .store
        .read(|conn| Ok::<_, FlowError>(store::log::from(conn, 0, 100)?));
    let told = told.await.unwrap().pop().unwrap();
    let told: serde_json::Value = serde_json::from_str(&told.event).unwrap();
    assert_eq!(told["kind"], "message.updated");
    assert_eq!(told["state"], "scheduled");
    assert_eq!(told["send_at"], "2026-11-24T16:00:00.000Z");
    let meant = say("0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9ab", true).await;
    run_due(&ctx).await;
    assert_eq!(stored(meant).await.state, MessageState::Sent);
    let now = clock.now();
    let next = ctx
        .store
        .read(move |conn| Ok::<_, FlowError>(outbox::next_due(conn, now)?));
    assert_eq!(next.await.unwrap(), Some(Timestamp(morning)));
    // In the morning it is not too late for it.
    clock.0.store(morning, Ordering::SeqCst);
    run_due(&ctx).await;
    assert_eq!(stored(waits).await.state, MessageState::Sent);
}
