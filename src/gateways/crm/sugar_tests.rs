//! Sugar's shapes, with the quirks that the reference lists.

use super::super::scripted::{Reply, Scripted, StillClock, refusal, reply, tokens};
use super::*;
use crate::gateways::crm::UserKind;

#[test]
fn a_user_is_read_from_what_versions_differ_in() {
    let me =
        json!({"id": "1", "full_name": "Administrator", "user_name": "admin", "type": "admin"});
    let admin = user(&me).unwrap();
    assert!(admin.may_be_member());
    assert_eq!((admin.title, admin.department), (None, None));

    let group = json!({"id": "g", "user_name": "support", "is_group": "1", "status": "Active"});
    assert_eq!(user(&group).unwrap().kind, UserKind::Group);
    assert_eq!(user(&group).unwrap().name, "support");

    let portal =
        json!({"id": "p", "first_name": "Pia", "last_name": "Portal", "portal_only": true});
    assert_eq!(user(&portal).unwrap().name, "Pia Portal");
    assert!(!user(&portal).unwrap().may_be_member());

    let gone = json!({"id": "x", "user_name": "x", "status": "Inactive"});
    assert!(!user(&gone).unwrap().may_be_member());
    assert_eq!(user(&json!({"user_name": "nobody"})), None);
}

#[test]
fn ids_that_could_mean_another_address_are_not_visible() {
    for id in ["", "..", "a/b", "a%2Fb", "a?b", "filter\n", &"x".repeat(37)] {
        assert_eq!(check_id(id), Err(CrmError::NotVisible), "{id}");
    }
    for id in ["1", "seed_sally_id", "e689173e-c953-11e6-9d1e-0050569a1d4f"] {
        assert_eq!(check_id(id), Ok(()), "{id}");
    }
}

async fn sugar_with(replies: Vec<Reply>) -> (Sugar, Scripted) {
    let scripted = Scripted::start(replies).await;
    let settings = config::Sugar {
        url: Some(scripted.url.clone()),
        username: Some("riverline".to_owned()),
        password: Some("secret".into()),
        ..config::Sugar::default()
    };
    let sugar = Sugar::new(&settings, Arc::new(StillClock::default())).unwrap();
    (sugar, scripted)
}

#[tokio::test]
async fn a_dead_service_token_is_renewed_and_the_call_made_once_more() {
    let info = json!({"server_info": {"version": "14.0.0", "flavor": "ENT"}});
    let dead = refusal(401, "invalid_grant");
    let replies = vec![tokens(1), dead, tokens(2), reply(200, info)];
    let (sugar, scripted) = sugar_with(replies).await;
    assert_eq!(sugar.server_info().await.unwrap().version, "14.0.0");
    let asked = scripted.asked();
    assert!(asked[1].head.contains("oauth-token: access-1"));
    assert!(
        asked[3]
            .head
            .starts_with("get /rest/v11/metadata?type_filter=server_info ")
    );
    assert!(asked[3].head.contains("oauth-token: access-2"));
}

#[tokio::test]
async fn a_token_that_stays_dead_is_not_replaced_for_ever() {
    let dead = || refusal(401, "invalid_grant");
    let (sugar, scripted) = sugar_with(vec![tokens(1), dead(), tokens(2), dead()]).await;
    let code = "invalid_grant".to_owned();
    let error = sugar.server_info().await.unwrap_err();
    assert_eq!(error, CrmError::LoginRefused { code });
    assert_eq!(scripted.asked().len(), 4);
}

#[tokio::test]
async fn a_users_dead_token_is_never_replaced_by_us() {
    let (sugar, scripted) = sugar_with(vec![refusal(401, "invalid_grant")]).await;
    let token = UserProof::Token(SugarToken::new("sallys-token"));
    assert_eq!(sugar.who_is(&token).await, Err(CrmError::TokenRefused));
    assert_eq!(scripted.asked().len(), 1);
    assert!(!format!("{token:?}").contains("sallys-token"));
}

#[tokio::test]
async fn no_and_not_there_are_the_same_answer() {
    let of = RecordRef {
        module: Module::Contacts,
        id: "c1".to_owned(),
    };
    let me = MemberId::parse("sally").unwrap();
    let part = |status: u16, contents: Value| json!({"status": status, "contents": contents});
    let both = |record: Value| {
        let user = part(200, json!({"current_user": {"id": "sally"}}));
        reply(200, json!([user, record]))
    };
    let replies = vec![
        both(part(403, json!({"error": "not_authorized"}))),
        both(part(404, json!({"error": "not_found"}))),
        both(part(200, json!({"id": "c2"}))),
    ];
    let (sugar, _) = sugar_with(replies).await;
    let token = UserProof::Token(SugarToken::new("t"));
    for _ in 0..2 {
        assert_eq!(
            sugar.read_phones(&token, &me, &of).await,
            Err(CrmError::NotVisible)
        );
    }
    let mixed_up = sugar.read_phones(&token, &me, &of).await.unwrap_err();
    assert!(matches!(mixed_up, CrmError::BadAnswer { .. }));
}

#[tokio::test]
async fn lists_are_read_to_their_end_and_never_for_ever() {
    let page = |ids: &[&str], next: i64| {
        let users = ids
            .iter()
            .map(|id| json!({"id": id, "user_name": id, "status": "Active"}));
        reply(
            200,
            json!({"next_offset": next, "records": users.collect::<Vec<_>>()}),
        )
    };
    let replies = vec![tokens(1), page(&["a", "b"], 2), page(&["c"], -1)];
    let (sugar, scripted) = sugar_with(replies).await;
    let users = sugar.users().await.unwrap();
    let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    let second = &scripted.asked()[2].body;
    assert_eq!(second["filter"][1], json!({"id": {"$gt": "b"}}));
    // A Sugar that gives the same page for ever, and one that has more and gives nothing.
    let again = std::iter::repeat_with(|| page(&["a"], 1)).take(MAX_PAGES);
    let replies = std::iter::once(tokens(1)).chain(again).collect();
    let (sugar, scripted) = sugar_with(replies).await;
    assert_eq!(sugar.users().await, Err(endless()));
    assert_eq!(scripted.asked().len(), 1 + MAX_PAGES);
    let (sugar, _) = sugar_with(vec![tokens(1), page(&[], 100)]).await;
    assert_eq!(sugar.users().await, Err(incomplete()));
}

#[tokio::test]
async fn the_services_own_user_is_told_apart_however_the_name_is_written() {
    let own = json!({"id": "own", "user_name": "RiverLine", "status": "Active"});
    let list = json!({"next_offset": -1, "records": [own.clone()]});
    let replies = vec![tokens(1), reply(200, list), reply(200, own)];
    let (sugar, _) = sugar_with(replies).await;
    assert_eq!(sugar.users().await, Ok(vec![]));
    assert_eq!(sugar.user("own").await, Ok(None));
}

#[tokio::test]
async fn a_number_linked_anew_while_it_is_looked_for_is_looked_for_again() {
    let number = PhoneNumber::parse_e164("+14155552671").unwrap();
    let page = |id: &str| {
        let records = json!([{"id": id, "phone_work": "+14155552671"}]);
        json!({"status": 200, "contents": {"next_offset": -1, "records": records}})
    };
    let answer = |id: &str| {
        let empty = json!({"status": 200, "contents": {"next_offset": -1, "records": []}});
        let mut parts = vec![empty; Module::ALL.len()];
        parts[0] = page(id);
        reply(200, json!(parts))
    };
    let replies = vec![tokens(1), answer("old"), answer("new")];
    let (sugar, scripted) = sugar_with(replies).await;
    scripted.hold();
    let home: Country = "US".parse().unwrap();
    let searching = sugar.find_by_phone(&number, home);
    let changing = async {
        scripted.is_asked(1).await;
        sugar.forget_phone(&number);
        scripted.release();
    };
    let (_, ()) = tokio::join!(searching, changing);
    let found = sugar.find_by_phone(&number, home).await.unwrap();
    assert_eq!(found.exact[0].record.id, "new");
}

#[tokio::test]
async fn a_host_that_is_not_there_cannot_have_stored_anything() {
    let (sugar, scripted) = sugar_with(Vec::new()).await;
    let error = sugar.server_info().await.unwrap_err();
    assert_eq!(scripted.asked().len(), 1);
    assert!(error.is_temporary(), "{error:?}");
    let nowhere = config::Sugar {
        url: Some("http://127.0.0.1:1".parse().unwrap()),
        username: Some("riverline".to_owned()),
        password: Some("secret".into()),
        ..config::Sugar::default()
    };
    let sugar = Sugar::new(&nowhere, Arc::new(StillClock::default())).unwrap();
    let error = sugar.server_info().await.unwrap_err();
    assert!(
        matches!(error, CrmError::Unreachable { sent: false, .. }),
        "{error:?}"
    );
}
