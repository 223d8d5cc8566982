//! A carrier whose no comes so late that somebody else has taken the job over.

use super::quiet_tests::{open, quiet_config};
use super::tests::StillClock;
use super::*;
use crate::domain::access::{Actor, SignedIn};
use crate::domain::ids::{ConversationId, GatewayId, MemberId, MessageId};
use crate::domain::message::MessageState;
use crate::flows::Carriers;
use crate::flows::admit_text::When;
use crate::flows::send_message::{NewMessage, send};
use crate::gateways::sms::{
    Callback, CallbackError, Capabilities, News, Outbound, Outcome, SmsGateway, Specimen, Verified,
};
use crate::jobs::outbox as worker;
use crate::store::messages;
use async_trait::async_trait;
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// Says that it is busy, when it is let.
struct Slow {
    id: GatewayId,
    secret: SecretString,
    asked: Notify,
    answers: Notify,
}

#[async_trait]
impl SmsGateway for Slow {
    fn id(&self) -> &GatewayId {
        &self.id
    }

    fn callback_secret(&self) -> &SecretString {
        &self.secret
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_chars: 100,
            max_parts: None,
            lists: false,
            answers: &[],
        }
    }

    async fn send(&self, _text: &Outbound) -> Outcome {
        self.asked.notify_one();
        self.answers.notified().await;
        Outcome::BackOff {
            after_ms: None,
            reason: "busy",
        }
    }

    fn verify<'c>(
        &self,
        _call: &'c Callback,
        _now: Timestamp,
    ) -> Result<Verified<'c>, CallbackError> {
        Err(CallbackError::Malformed("nobody calls"))
    }

    fn specimen(&self, _url: &str, _now: Timestamp) -> Option<Specimen> {
        None
    }

    fn read(&self, _call: Verified<'_>) -> Result<Vec<News>, CallbackError> {
        Err(CallbackError::Malformed("nobody calls"))
    }
}

#[tokio::test]
async fn a_text_that_was_surely_not_taken_is_not_left_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(StillClock(AtomicI64::new(1_763_805_843_007)));
    let shared: Arc<dyn Clock> = Arc::<StillClock>::clone(&clock);
    let mut settings = quiet_config(folder.path());
    settings.sms.quiet = "off".to_owned();
    let service = build_with(settings, shared, Arc::new(SystemEntropy));
    let ctx = service.await.unwrap().ctx;
    let slow = Arc::new(Slow {
        id: GatewayId::parse("sim").unwrap(),
        secret: "0123456789abcdef0123456789abcdef".into(),
        asked: Notify::new(),
        answers: Notify::new(),
    });
    let usual = ctx.carriers();
    let carrier: Arc<dyn SmsGateway> = Arc::<Slow>::clone(&slow);
    ctx.current_carriers.store(Arc::new(Carriers {
        by_id: HashMap::from([(slow.id.clone(), carrier)]),
        simulators: Vec::new(),
        numbers: usual.numbers.clone(),
        texting: Arc::clone(&usual.texting),
        settings: usual.settings.clone(),
    }));
    let conversation = ConversationId::parse("conversation").unwrap();
    let opened = conversation.clone();
    ctx.store.write(move |tx| open(tx, &opened)).await.unwrap();
    let sally = Actor::Member(SignedIn {
        member_id: MemberId::parse("sally").unwrap(),
        admin: false,
    });
    let id = MessageId::parse("0199f3a0-4b1c-7a53-9c1e-2f1f64c2b9aa").unwrap();
    let new = NewMessage {
        conversation_id: conversation,
        message_id: id,
        text: "Hello".to_owned(),
        when: When::default(),
    };
    send(&ctx, &sally, new).await.unwrap();
    let stored = async || {
        let read = ctx
            .store
            .read(move |conn| Ok::<_, FlowError>(messages::find(conn, id)?));
        read.await.unwrap().unwrap().message
    };
    let first = worker::claim(&ctx, worker::SLOTS).await.remove(0);
    let takes_over = async {
        slow.asked.notified().await;
        // Longer than any lease.
        clock.0.fetch_add(3_600_000, Ordering::SeqCst);
        let again = worker::claim(&ctx, worker::SLOTS).await.remove(0);
        worker::run(&ctx, &again).await;
        assert_eq!(stored().await.state, MessageState::Unknown);
        slow.answers.notify_one();
    };
    tokio::join!(worker::run(&ctx, &first), takes_over);
    let text = stored().await;
    assert_eq!(text.state, MessageState::Failed);
    let words = "The carrier did not take the text; it was not sent.";
    assert_eq!(text.reason.as_deref(), Some(words));
}
