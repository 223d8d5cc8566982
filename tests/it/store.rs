//! The store by itself: what time and deactivated users may delete, and how work is given up.

use crate::support::database::own_database;
use riverline::app::{self, Service};
use riverline::config::Config;
use riverline::domain::access::{Actor, SignedIn};
use riverline::domain::clock::Timestamp;
use riverline::domain::conversation::{ConversationKind, NoteState};
use riverline::domain::event::{Audience, Event, NewEvent};
use riverline::domain::habits::Habits;
use riverline::domain::ids::{BrowserId, ConversationId, GatewayId, MemberId, MessageId, NumberId};
use riverline::domain::member::Member;
use riverline::domain::message::{Message, MessageState, Sender};
use riverline::domain::phone::Peer;
use riverline::domain::token::TokenHash;
use riverline::flows::admit_text::When;
use riverline::flows::send_message::{self, NewMessage};
use riverline::flows::{FlowError, StoreError, give_up, join_parts};
use riverline::store::early_receipts::{self, EarlyReceipt};
use riverline::store::outbox::{self, Job, JobKind, Share};
use riverline::store::text_parts::{self, TextPart, Whole};
use riverline::store::{
    Tx, conversations, job_list, log, members, messages, part_receipts, sessions, shared_login,
    sign_ins,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_763_805_843_007);

/// A service without listeners and jobs, on a database of its own.
async fn service() -> (Service, TempDir) {
    service_with(&[]).await
}

async fn service_with(more: &[&str]) -> (Service, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut sets = vec![
        format!("database.url={}", own_database(folder.path())),
        "sugar.url=http://127.0.0.1:1".to_owned(),
        "sugar.username=riverline".to_owned(),
    ];
    sets.extend(more.iter().map(|set| (*set).to_owned()));
    let file = folder.path().join("riverline.toml");
    let settings = "[sugar]\npassword = \"x\"\n[[gateways]]\nid = \"sim\"\nkind = \"simulator\"\n\
                    [[numbers]]\nid = \"main\"\nnumber = \"+14155550100\"\ngateway = \"sim\"\n";
    std::fs::write(&file, settings).unwrap();
    let config = Config::load(Some(&file), std::iter::empty(), &sets).unwrap();
    (app::build(config).await.unwrap(), folder)
}

async fn write<T: Send + 'static>(
    service: &Service,
    work: impl FnMut(&mut Tx<'_, '_>) -> Result<T, FlowError> + Send + 'static,
) -> T {
    service.ctx.store.write(work).await.unwrap().value
}

fn sally() -> Member {
    Member {
        id: MemberId::parse("sally").unwrap(),
        name: "Sally".to_owned(),
        title: None,
        department: None,
        picture: None,
        active: true,
    }
}

fn session_id() -> ConversationId {
    ConversationId::parse("session").unwrap()
}

fn text_id() -> MessageId {
    MessageId::parse("0199f3a0-0000-7000-8000-000000000001").unwrap()
}

#[tokio::test]
async fn the_log_loses_what_is_old_and_nothing_beside_it() {
    let (service, _folder) = service().await;
    for _ in 0..3 {
        write(&service, |tx| {
            let event = Event::MemberUpdated { member: sally() };
            let audience = Audience::Everyone;
            tx.emit(NewEvent { audience, event });
            Ok(())
        })
        .await;
    }
    let left = write(&service, |tx| {
        // Only rows before a time go, and the end of the log stays whatever its age.
        assert_eq!(log::prune(tx.conn()?, Timestamp(0))?, 0);
        assert_eq!(log::prune(tx.conn()?, Timestamp(i64::MAX))?, 2);
        Ok(log::from(tx.conn()?, 0, 10)?)
    })
    .await;
    assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn what_is_old_of_texts_goes_at_most_500_at_a_time() {
    let (service, _folder) = service().await;
    let sim = GatewayId::parse("sim").unwrap();
    let peer = Peer::parse("+14155552671").unwrap();
    let whole = Whole {
        gateway: sim.clone(),
        own_number: "+14155550100".to_owned(),
        peer,
        reference: "a7".to_owned(),
        total: 600,
    };
    let early = EarlyReceipt {
        state: MessageState::Sent,
        reason: None,
        opted_out: false,
    };
    let pruned = write(&service, move |tx| {
        for n in 0..600 {
            let name = format!("text {n}");
            early_receipts::keep(tx.conn()?, &sim, &name, &early, NOW)?;
            part_receipts::keep(tx.conn()?, text_id(), &name, NOW)?;
            let part = TextPart {
                provider_id: name,
                number: n,
                text: "x".to_owned(),
                sent_at: None,
            };
            text_parts::insert(tx.conn()?, &whole, &part, NOW)?;
            text_parts::joined(tx.conn()?, &whole, &[part], text_id())?;
        }
        let before = NOW.plus_ms(1);
        let mut pruned = Vec::new();
        for prune in [
            early_receipts::prune,
            part_receipts::prune,
            text_parts::prune,
        ] {
            pruned.push((prune(tx.conn()?, before)?, prune(tx.conn()?, before)?));
        }
        Ok(pruned)
    })
    .await;
    assert_eq!(pruned, [(500, 100); 3]);
}

#[tokio::test]
async fn who_wrote_hours_ago_is_not_awake_because_it_came_only_now() {
    let (service, _folder) = service().await;
    let peer = Peer::parse("+14155552671").unwrap();
    let awake = write(&service, move |tx| {
        let own = NumberId::parse("main").unwrap();
        let conn = tx.conn()?;
        members::save(conn, &sally(), &Habits::default())?;
        let id = session_id();
        conversations::insert(conn, &id, ConversationKind::Sms, None, &[sally().id], NOW)?;
        sessions::insert(conn, &id, &own, &peer, None, None, NOW)?;
        let text = Message {
            id: text_id(),
            conversation_id: id,
            sender: Sender::Peer(peer.clone()),
            text: "Good night".to_owned(),
            state: MessageState::Received,
            reason: None,
            parts: None,
            send_at: None,
            resend_of: None,
            sent_at: Some(NOW.plus_ms(-5 * 3_600_000)),
            pictures: Vec::new(),
            created_at: NOW,
        };
        messages::insert(conn, &text, None)?;
        let mut wrote = |hours: i64| {
            let since = NOW.plus_ms(-hours * 3_600_000);
            messages::peer_wrote_since(conn, &own, &peer, since)
        };
        Ok((wrote(4)?, wrote(6)?))
    })
    .await;
    assert_eq!(awake, (false, true));
}

#[tokio::test]
async fn parts_at_a_number_that_is_gone_do_not_hold_up_those_of_others() {
    let (service, _folder) = service().await;
    let waiting = |own_number: &str, n: i32| {
        let whole = Whole {
            gateway: GatewayId::parse("sim").unwrap(),
            own_number: own_number.to_owned(),
            peer: Peer::parse("+14155552671").unwrap(),
            reference: format!("r{n:03}"),
            total: 2,
        };
        let part = TextPart {
            provider_id: format!("{own_number} {n}"),
            number: 1,
            text: "Half of it".to_owned(),
            sent_at: None,
        };
        (whole, part)
    };
    let gone = (0..100).map(|n| waiting("+14155550199", n));
    let all: Vec<_> = gone.chain([waiting("+14155550100", 999)]).collect();
    write(&service, move |tx| {
        for (whole, part) in &all {
            text_parts::insert(tx.conn()?, whole, part, NOW)?;
        }
        Ok(())
    })
    .await;
    join_parts::join_late(&service.ctx).await.unwrap();
    let shown = write(&service, |tx| {
        let gateway = GatewayId::parse("sim").unwrap();
        Ok(messages::find_by_provider(
            tx.conn()?,
            &gateway,
            "+14155550100 999",
        )?)
    });
    assert_eq!(shown.await.unwrap().message.text, "Half of it [...]");
}

#[tokio::test]
async fn a_token_that_was_ended_is_not_renewed_and_a_member_loses_all_of_his() {
    let (service, _folder) = service().await;
    write(&service, |tx| {
        let sally = sally();
        members::save(tx.conn()?, &sally, &Habits::default())?;
        for name in ["one", "two"] {
            let new = sign_ins::SignIn {
                member_id: sally.id.clone(),
                browser_id: BrowserId::parse(name).unwrap(),
                admin: true,
                expires_at: NOW,
            };
            sign_ins::insert(tx.conn()?, &TokenHash::of(name), &new)?;
        }
        let later = NOW.plus_ms(1);
        assert!(sign_ins::renew(
            tx.conn()?,
            &TokenHash::of("one"),
            false,
            later
        )?);
        let renewed = sign_ins::find(tx.conn()?, &TokenHash::of("one"), NOW)?.unwrap();
        assert!(!renewed.admin, "Sugar took it from him");
        assert_eq!(sign_ins::end_member(tx.conn()?, &sally.id)?.len(), 2);
        assert!(!sign_ins::renew(
            tx.conn()?,
            &TokenHash::of("one"),
            false,
            later
        )?);
        Ok(())
    })
    .await;
}

/// A closed session with one text that is still queued, and a claimed job about one of them.
async fn closed_session(service: &Service, kind: JobKind) -> Job {
    write(service, move |tx| {
        let (sally, id) = (sally(), session_id());
        members::save(tx.conn()?, &sally, &Habits::default())?;
        let people = [sally.id.clone()];
        conversations::insert(tx.conn()?, &id, ConversationKind::Sms, None, &people, NOW)?;
        let (number, peer) = (
            NumberId::parse("main").unwrap(),
            Peer::parse("72404").unwrap(),
        );
        sessions::insert(tx.conn()?, &id, &number, &peer, None, None, NOW)?;
        let text = Message {
            id: text_id(),
            conversation_id: id.clone(),
            sender: Sender::Member(sally.id),
            text: "hello".to_owned(),
            state: MessageState::Queued,
            reason: None,
            parts: None,
            send_at: None,
            resend_of: None,
            sent_at: None,
            pictures: Vec::new(),
            created_at: NOW,
        };
        messages::insert(tx.conn()?, &text, None)?;
        sessions::close(tx.conn()?, &id, NoteState::Waiting, NOW)?;
        let subject = match kind {
            JobKind::SendSms => text_id().to_string(),
            _ => id.to_string(),
        };
        outbox::push(tx.conn()?, kind, &subject, "lane", NOW)?;
        let now = tx.now;
        let share = Share::of(kind);
        let claimed = outbox::claim(tx.conn()?, now, now.plus_ms(3_600_000), "node", share, 1)?;
        Ok(claimed.into_iter().next().unwrap())
    })
    .await
}

#[tokio::test]
async fn a_note_that_is_given_up_is_shown_as_failed() {
    let (service, _folder) = service().await;
    let job = closed_session(&service, JobKind::SaveNote).await;
    give_up::give_up(&service.ctx, &job, "too old".to_owned())
        .await
        .unwrap();
    let (found, depth) = write(&service, |tx| {
        let found = conversations::find(tx.conn()?, &session_id())?.unwrap();
        Ok((found, job_list::depth(tx.conn()?)?))
    })
    .await;
    let note = found.session.unwrap().note;
    assert_eq!((note.state, depth), (NoteState::Failed, (0, 1)));
    assert!(note.reason.is_some());
}

#[tokio::test]
async fn what_fails_again_keeps_the_place_under_which_an_admin_sees_it() {
    let (service, _folder) = service().await;
    let first = closed_session(&service, JobKind::SaveNote).await;
    let again = write(&service, |tx| {
        let (id, now) = (session_id(), tx.now);
        outbox::push(tx.conn()?, JobKind::SaveNote, id.as_str(), "other", now)?;
        let claimed = outbox::claim(
            tx.conn()?,
            now,
            now.plus_ms(3_600_000),
            "node",
            Share::Sugar,
            1,
        )?;
        Ok(claimed.into_iter().next().unwrap())
    })
    .await;
    for (job, reason) in [(&first, "too old"), (&again, "still too old")] {
        let given_up = give_up::give_up(&service.ctx, job, reason.to_owned()).await;
        given_up.unwrap();
    }
    let parked = write(&service, |tx| Ok(job_list::page(tx.conn()?, true, 0, 10)?)).await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].id, first.id);
    assert_eq!(parked[0].reason.as_deref(), Some("still too old"));
}

#[tokio::test]
async fn a_text_that_is_given_up_is_shown_as_failed() {
    let (service, _folder) = service().await;
    let job = closed_session(&service, JobKind::SendSms).await;
    give_up::give_up(&service.ctx, &job, "too old".to_owned())
        .await
        .unwrap();
    let text = write(&service, |tx| Ok(messages::find(tx.conn()?, text_id())?)).await;
    let text = text.unwrap().message;
    assert_eq!(text.state, MessageState::Failed);
    assert!(text.reason.is_some());
}

fn say_sally(name: &str) -> impl FnMut(&mut Tx<'_, '_>) -> Result<(), FlowError> + Send + use<> {
    let member = Member {
        name: name.to_owned(),
        ..sally()
    };
    move |tx| {
        members::save(tx.conn()?, &member, &Habits::default())?;
        let event = Event::MemberUpdated {
            member: member.clone(),
        };
        tx.emit(NewEvent {
            audience: Audience::Everyone,
            event,
        });
        Ok(())
    }
}

/// Holds the writer until the other end is dropped, so that what is written next waits together.
async fn hold(service: &Service) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (reached, at_work) = tokio::sync::oneshot::channel();
    let mut reached = Some(reached);
    let store = service.ctx.store.clone();
    let holding = tokio::spawn(async move {
        let work = move |_: &mut Tx<'_, '_>| -> Result<(), FlowError> {
            if let Some(reached) = reached.take() {
                reached.send(()).unwrap();
            }
            let _ = held.recv();
            Ok(())
        };
        store.write(work).await.unwrap();
    });
    at_work.await.unwrap();
    (release, holding)
}

#[tokio::test]
async fn a_write_that_fails_is_undone_alone() {
    let (service, _folder) = service().await;
    let (release, holding) = hold(&service).await;
    let store = &service.ctx.store;
    let mut change = say_sally("Nobody");
    let fails = store.write(move |tx| -> Result<(), FlowError> {
        change(tx)?;
        Err(FlowError::MemberNotFound)
    });
    // The three wait behind the one that holds the writer, and share the next commit.
    let together = async {
        tokio::join!(
            store.write(say_sally("First")),
            fails,
            store.write(say_sally("Last"))
        )
    };
    let (together, ()) = tokio::join!(together, async {
        tokio::task::yield_now().await;
        drop(release);
    });
    holding.await.unwrap();
    let (first, failed, last) = together;
    assert!(matches!(failed, Err(FlowError::MemberNotFound)));
    let (first, last) = (
        first.unwrap().cursor.unwrap(),
        last.unwrap().cursor.unwrap(),
    );
    assert_eq!(last.id, first.id + 1, "what failed left a hole in the log");
    assert_eq!(
        last.created_at, first.created_at,
        "they did not share a commit"
    );
    let id = sally().id;
    let found = write(&service, move |tx| Ok(members::find(tx.conn()?, &id)?)).await;
    assert_eq!(found.unwrap().name, "Last");
}

#[tokio::test]
async fn more_writes_than_may_wait_are_told_so_at_once() {
    let (service, _folder) = service_with(&["limits.write_queue=2", "limits.write_batch=1"]).await;
    let (release, holding) = hold(&service).await;
    let store = &service.ctx.store;
    let all = async {
        tokio::join!(
            store.write(say_sally("One")),
            store.write(say_sally("Two")),
            store.write(say_sally("Three")),
        )
    };
    let (all, ()) = tokio::join!(all, async {
        tokio::task::yield_now().await;
        drop(release);
    });
    holding.await.unwrap();
    assert!(all.0.is_ok() && all.1.is_ok());
    assert!(matches!(all.2, Err(FlowError::Store(StoreError::Busy))));
}

#[tokio::test]
async fn chat_messages_between_other_writes_of_a_batch_find_their_chats() {
    const CHATS: usize = 6;
    let (service, _folder) = service().await;
    let chat = |n: usize| ConversationId::parse(&format!("chat-{n}")).unwrap();
    write(&service, move |tx| {
        members::save(tx.conn()?, &sally(), &Habits::default())?;
        for n in 0..CHATS {
            let (kind, now) = (ConversationKind::Chat, tx.now);
            conversations::insert(tx.conn()?, &chat(n), kind, None, &[sally().id], now)?;
        }
        Ok(())
    })
    .await;
    let ctx = &service.ctx;
    let sally_herself = Actor::Member(SignedIn {
        member_id: sally().id,
        admin: false,
    });
    let (release, holding) = hold(&service).await;
    let turns = (0..CHATS).map(|n| {
        let new = NewMessage {
            conversation_id: chat(n),
            message_id: MessageId::parse(&ctx.new_id().to_string()).unwrap(),
            text: format!("to {n}"),
            when: When::default(),
        };
        let other = service.ctx.store.write(say_sally(&format!("Sally {n}")));
        let sent = send_message::send(ctx, &sally_herself, new);
        async { tokio::join!(sent, other) }
    });
    let all = futures_util::future::join_all(turns);
    let (all, ()) = tokio::join!(all, async {
        tokio::task::yield_now().await;
        drop(release);
    });
    holding.await.unwrap();
    for (sent, other) in all {
        assert!(sent.unwrap().cursor.is_some());
        other.unwrap();
    }
}

#[tokio::test]
async fn the_lease_on_the_login_is_one_nodes_and_how_it_ended_is_known() {
    const ACCOUNT: &str = "riverline at https://crm.example.com/";
    let (service, _folder) = service().await;
    let at = |ms: i64| NOW.plus_ms(ms);
    let lease = async |who: &'static str, from: i64, until: i64| {
        let taken = write(&service, move |tx| {
            let conn = tx.conn()?;
            Ok(shared_login::lease(
                conn,
                ACCOUNT,
                who,
                at(from),
                at(until),
            )?)
        });
        taken.await.map(|before| before.lease_holder)
    };
    let keep = async |who: &'static str, generation: i64| {
        write(&service, move |tx| {
            let conn = tx.conn()?;
            Ok(shared_login::keep(
                conn, ACCOUNT, who, generation, "sealed",
            )?)
        })
        .await
    };
    let prolong = async |who: &'static str, generation: i64, until: i64| {
        write(&service, move |tx| {
            let conn = tx.conn()?;
            Ok(shared_login::prolong(
                conn,
                ACCOUNT,
                who,
                generation,
                at(until),
            )?)
        })
        .await
    };
    let (a, b) = (Some(Some("a".to_owned())), Some(Some("b".to_owned())));
    let given_back = Some(None);
    assert_eq!(lease("a", 0, 100).await, given_back, "the first ever");
    assert_eq!(lease("b", 99, 200).await, None);
    assert!(!keep("b", 0).await && !prolong("b", 0, 200).await);
    assert!(prolong("a", 0, 150).await);
    assert_eq!(lease("b", 149, 250).await, None);
    assert_eq!(
        lease("b", 150, 250).await,
        a,
        "ran out, and was not given back"
    );
    assert!(
        !keep("a", 0).await && !prolong("a", 0, 300).await,
        "overtaken"
    );
    assert!(keep("b", 0).await);
    assert!(!keep("b", 0).await && !keep("b", 1).await, "given back");
    assert_eq!(lease("a", 160, 260).await, given_back);
    assert!(!keep("a", 0).await, "of another generation");
    assert_eq!(
        lease("a", 170, 270).await,
        a,
        "its own, left by a task that ended"
    );
    // The only process starts anew: whoever had a lease is dead.
    write(&service, |tx| Ok(shared_login::end_leases(tx.conn()?)?)).await;
    assert_eq!(lease("b", 180, 280).await, a);
    let read = |tx: &mut Tx<'_, '_>| Ok(shared_login::find(tx.conn()?, ACCOUNT)?);
    let row = write(&service, read).await.unwrap();
    assert_eq!((row.generation, row.sealed.as_deref()), (1, Some("sealed")));
    assert_eq!(lease("c", 279, 400).await, None);
    assert_eq!(lease("c", 280, 400).await, b);
    assert_eq!(
        write(&service, |tx| Ok(shared_login::forget(tx.conn()?)?)).await,
        1
    );
    assert_eq!(write(&service, read).await, None);
}
