//! The CRM gateway against the stand-in Sugar.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use riverline::domain::clock::{Clock, Timestamp};
use riverline::domain::ids::MemberId;
use riverline::domain::phone::{Country, PhoneNumber};
use riverline::domain::record::{Module, RecordRef};
use riverline::gateways::crm::{
    Crm, CrmError, NewNote, NoteChange, Sugar, SugarToken, UserKind, UserProof,
};
use serde_json::{Value, json};

use crate::support::eventually;
use crate::support::sugar::Sugar as StandIn;

/// Tokens here live long enough that time does not matter.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

fn connect(standin: &StandIn) -> Sugar {
    Sugar::new(&standin.settings(), Arc::new(StoppedClock)).unwrap()
}

fn member(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

fn contact(id: &str) -> RecordRef {
    RecordRef {
        module: Module::Contacts,
        id: id.to_owned(),
    }
}

/// A contact's id, found as the admin, who sees all.
async fn contact_named(standin: &StandIn, last_name: &str) -> RecordRef {
    let token = standin.sign_in("admin", "base").await;
    let filter = json!({"filter": [{"last_name": last_name}], "fields": "id"});
    let answer = standin
        .rest(Method::POST, "Contacts/filter", Some(&token), Some(filter))
        .await;
    contact(answer["records"][0]["id"].as_str().unwrap())
}

fn note_about(parent: &RecordRef) -> NewNote {
    NewNote {
        id: "5f0a6f0e-8d0e-5b53-9d53-0f9c2f1a7c11".to_owned(),
        name: "Text messages with Gus Dales".to_owned(),
        description: "10:01 Sally Bronsen: hello – ☀\n10:02 +14155552671: hi".to_owned(),
        parent: parent.clone(),
        assigned_user_id: None,
        team_name: Value::Null,
    }
}

async fn nothing_was_refused(standin: &StandIn) {
    assert_eq!(standin.refused().await, json!([]));
}

#[tokio::test]
async fn me_tells_who_a_token_belongs_to() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let sally = sugar
        .who_is(&standin.token_of("sally").await)
        .await
        .unwrap();
    assert_eq!(sally.id, "seed_sally_id");
    assert_eq!(sally.name, "Sally Bronsen");
    assert!(sally.admin == Some(false) && sally.may_be_member());
    assert!(sally.habits.time_zone.unwrap().contains('/'));
    let admin = sugar
        .who_is(&standin.token_of("admin").await)
        .await
        .unwrap();
    assert_eq!(admin.admin, Some(true));
    let nobody = sugar
        .who_is(&UserProof::Token(SugarToken::new("no-such-token")))
        .await;
    assert_eq!(nobody, Err(CrmError::TokenRefused));
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn sugar_decides_whose_phones_a_user_sees() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let gus = contact_named(&standin, "Dales").await;
    let vera = contact_named(&standin, "Vault").await;
    let sally = standin.token_of("sally").await;
    let me = member("seed_sally_id");
    let phones = sugar.read_phones(&sally, &me, &gus).await.unwrap().phones;
    assert_eq!(phones["phone_mobile"], "+1 415 555 2671");
    assert!(!phones.values().any(String::is_empty));

    let jim = standin.token_of("jim").await;
    let his = member("seed_jim_id");
    let borrowed = sugar.read_phones(&sally, &his, &gus).await;
    assert_eq!(borrowed, Err(CrmError::AnotherUser));
    for switch in [false, true] {
        standin.switch("hidden_is_403", switch).await;
        for hidden in [&vera, &contact("no-such-id")] {
            let answer = sugar.read_phones(&jim, &his, hidden).await;
            assert_eq!(answer, Err(CrmError::NotVisible));
        }
    }
    let nobody = sugar
        .read_phones(&UserProof::Token(SugarToken::new("dead")), &his, &gus)
        .await;
    assert_eq!(nobody, Err(CrmError::TokenRefused));
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn members_are_the_active_people() {
    let standin = StandIn::start().await;
    let users = connect(&standin).users().await.unwrap();
    let names: Vec<_> = users.iter().map(|user| user.user_name.as_str()).collect();
    for expected in ["admin", "sally", "sarah", "jim", "will"] {
        assert!(names.contains(&expected), "{names:?}");
    }
    assert!(
        users
            .iter()
            .all(|user| user.active && user.kind == UserKind::Person)
    );
    let sarah = users.iter().find(|user| user.user_name == "sarah").unwrap();
    assert_eq!(sarah.title.as_deref(), Some("Sales Manager West"));
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn a_number_is_found_however_it_was_typed() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let home: Country = "US".parse().unwrap();
    let gus = PhoneNumber::parse_e164("+14155552671").unwrap();
    let found = sugar.find_by_phone(&gus, home).await.unwrap();
    let found = &found.exact;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].record, contact_named(&standin, "Dales").await);
    assert_eq!(found[0].assigned_user_id.as_deref(), Some("seed_sally_id"));

    let twin = contact_named(&standin, "Twin").await;
    let token = standin.token_of("admin").await;
    let admin = member("1");
    let found = sugar.read_phones(&token, &admin, &twin).await;
    let phones = found.unwrap().phones;
    let shared = PhoneNumber::parse(phones.values().next().unwrap(), home).unwrap();
    let found = sugar.find_by_phone(&shared, home).await.unwrap();
    assert_eq!(found.exact.len(), 2);

    let nobody = PhoneNumber::parse_e164("+12125550199").unwrap();
    let found = sugar.find_by_phone(&nobody, home).await.unwrap();
    assert_eq!(found.exact, []);
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn a_note_is_written_found_and_written_over() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let gus = contact_named(&standin, "Dales").await;
    let facts = sugar.record_facts(&gus).await.unwrap().unwrap();
    assert_eq!(facts.name, "Gus Dales");
    assert_eq!(facts.assigned_user_id.as_deref(), Some("seed_sally_id"));
    assert!(facts.team_name.is_array());

    let mut note = note_about(&gus);
    note.assigned_user_id = facts.assigned_user_id;
    note.team_name = facts.team_name;
    let id = sugar.create_note(&note).await.unwrap().id;
    let marked = async |ids: &[&str], marker: &str| sugar.find_notes(ids, marker).await.unwrap();
    for found in [
        marked(&[&id], "rl:none").await,
        marked(&[], "with Gus").await,
    ] {
        let [stored] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (&stored.name, &stored.description),
            (&note.name, &note.description)
        );
        assert!(stored.untouched && !stored.deleted && stored.file_name.is_none());
    }
    let longer = note.description + "\n10:03 Sally Bronsen: bye";
    assert_eq!(
        sugar
            .rewrite_note(
                &id,
                &NoteChange {
                    description: Some(longer.clone()),
                    ..NoteChange::default()
                },
                None
            )
            .await
            .unwrap()
            .description,
        longer
    );
    sugar
        .attach_text(&id, "sms.txt", "=all of it")
        .await
        .unwrap();
    let found = marked(&[&id], "rl:none").await;
    assert_eq!(found[0].description, longer);
    assert_eq!(found[0].file_name.as_deref(), Some("sms.txt"));

    // The same Note, as a colleague's browser reads it.
    let token = standin.sign_in("sally", "base").await;
    let read = standin
        .rest(Method::GET, &format!("Notes/{id}"), Some(&token), None)
        .await;
    assert_eq!(read["parent_type"], "Contacts");
    assert_eq!(read["parent_id"], Value::from(gus.id.as_str()));
    assert_eq!(read["contact_id"], Value::from(gus.id.as_str()));
    assert_eq!(read["assigned_user_id"], "seed_sally_id");
    sugar.delete_note(&id).await.unwrap();
    sugar.delete_note(&id).await.unwrap();
    assert!(marked(&[&id], "rl:none").await[0].deleted);
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn what_is_not_there_is_none_and_not_an_error() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    assert_eq!(sugar.record_facts(&contact("no-such-id")).await, Ok(None));
    assert_eq!(
        sugar.find_notes(&["no-such-id"], "rl:none").await,
        Ok(vec![])
    );
    assert!(!sugar.server_info().await.unwrap().version.is_empty());
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn calls_at_once_share_one_login() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let calls = join_all((0..20).map(|_| sugar.server_info())).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(standin.count("login riverline riverline").await, 1);
    assert_eq!(standin.count("refresh riverline riverline").await, 0);
}

#[tokio::test]
async fn a_token_that_ended_is_refreshed_without_a_login() {
    let standin = StandIn::start().await;
    standin.switch("access_token_lifetime", 2).await;
    let sugar = connect(&standin);
    sugar.server_info().await.unwrap();
    standin.switch("access_token_lifetime", 3_600).await;
    let refreshed = standin.count("refresh riverline riverline").await;
    // The stand-in counts whole seconds of its own clock.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let calls = join_all((0..20).map(|_| sugar.server_info())).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(standin.count("login riverline riverline").await, 1);
    let refreshes = standin.count("refresh riverline riverline").await;
    assert_eq!(refreshes - refreshed, 1);
}

#[tokio::test]
async fn a_login_by_somebody_else_is_recovered_from_whatever_a_dead_refresh_is_called() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    sugar.server_info().await.unwrap();
    for (variant, logins) in [("A", 3), ("B", 5), ("C", 7)] {
        standin.switch("refresh_failure", variant).await;
        let thief = standin.sign_in("riverline", "riverline").await;
        sugar.server_info().await.unwrap();
        // Ours was the later login, so the other one's session ended.
        let other = sugar
            .who_is(&UserProof::Token(SugarToken::new(thief)))
            .await;
        assert_eq!(other, Err(CrmError::TokenRefused));
        assert_eq!(standin.count("login riverline riverline").await, logins);
    }
    nothing_was_refused(&standin).await;
}

#[tokio::test]
async fn maintenance_asks_for_patience_and_ends() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    standin.switch("maintenance", true).await;
    let error = sugar.users().await.unwrap_err();
    assert!(matches!(error, CrmError::Busy { .. }), "{error:?}");
    standin.switch("maintenance", false).await;
    // This one would ask again in a second of its clock.
    assert!(!connect(&standin).users().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_the_package_sugar_does_not_know_our_platform() {
    let standin = StandIn::without_package().await;
    let error = connect(&standin).server_info().await.unwrap_err();
    let code = "invalid_parameter".to_owned();
    assert_eq!(error, CrmError::LoginRefused { code });
}

#[tokio::test]
async fn errors_are_known_in_every_language() {
    let standin = StandIn::start().await;
    standin.switch("translated", true).await;
    let sugar = connect(&standin);
    let dead = UserProof::Token(SugarToken::new("dead"));
    assert_eq!(sugar.who_is(&dead).await, Err(CrmError::TokenRefused));
    assert_eq!(
        sugar.find_notes(&["no-such-id"], "rl:none").await,
        Ok(vec![])
    );
}

#[tokio::test]
async fn pages_smaller_than_asked_for_are_all_read() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let all = sugar.users().await.unwrap();
    standin.switch("max_num_cap", 2).await;
    assert_eq!(sugar.users().await.unwrap(), all);
}

#[tokio::test]
async fn who_leaves_between_two_pages_hides_nobody() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let all = sugar.users().await.unwrap();
    standin.switch("max_num_cap", 1).await;
    standin
        .switch_for("latency_ms", 200, "^/?Users/filter")
        .await;
    let pages = async || standin.requests_of("POST", "/Users/filter").await;
    let admin = standin.sign_in("admin", "base").await;
    let before = pages().await;
    let leaves = async {
        // The second page is asked for, so the first one is here.
        eventually("a page was read", || async {
            (pages().await >= before + 2).then_some(())
        })
        .await;
        let body = Some(json!({"status": "Inactive"}));
        let path = format!("Users/{}", all[0].id);
        standin.rest(Method::PUT, &path, Some(&admin), body).await;
    };
    let (read, ()) = tokio::join!(sugar.users(), leaves);
    assert_eq!(read.unwrap()[1..], all[1..]);
    standin.switch("max_num_cap", 100).await;
    assert_eq!(sugar.users().await.unwrap()[..], all[1..]);
}

#[tokio::test]
async fn a_note_whose_answer_was_lost_can_be_looked_for() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    let note = note_about(&contact_named(&standin, "Dales").await);
    standin.switch_once("drop_after_store", "broken").await;
    let error = sugar.create_note(&note).await.unwrap_err();
    assert!(error.may_have_happened(), "{error:?}");
    let found = sugar.find_notes(&[&note.id], "rl:none").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, note.name);
}

#[tokio::test]
async fn an_instance_may_choose_its_own_id() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    standin.switch("ignore_client_id", true).await;
    let note = note_about(&contact_named(&standin, "Dales").await);
    let stored = sugar.create_note(&note).await.unwrap();
    assert_ne!(stored.id, note.id);
    let found = sugar.find_notes(&[&note.id], "with Gus").await.unwrap();
    assert_eq!(found[0].id, stored.id);
    assert_eq!(sugar.find_notes(&[&note.id], "rl:none").await, Ok(vec![]));
}

#[tokio::test]
async fn what_a_broken_sugar_answers_is_temporary() {
    let standin = StandIn::start().await;
    let sugar = connect(&standin);
    sugar.server_info().await.unwrap();
    for (switch, value) in [
        ("html_502", json!(true)),
        ("fatal_error", json!(true)),
        ("rate_limit", json!(3)),
        ("huge_answer", json!(6_000_000)),
    ] {
        standin.switch_once(switch, value).await;
        let error = sugar.server_info().await.unwrap_err();
        assert!(error.is_temporary(), "{switch}: {error:?}");
    }
}
