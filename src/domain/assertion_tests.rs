use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const AUDIENCE: &str = "https://chat.example.com";
const NOW: Timestamp = Timestamp(1_700_000_000_500);
const NOW_S: i64 = 1_700_000_000;

fn key() -> SecretString {
    "0123456789abcdef0123456789abcdef".into()
}

fn statement() -> Value {
    json!({
        "aud": AUDIENCE, "iat": NOW_S, "exp": NOW_S + 60, "jti": "00112233445566778899aabbccddeeff",
        "user": {
            "id": "seed_sally_id", "user_name": "sally", "name": "Sally Bronsen", "title": "",
            "department": "", "picture": "", "status": "Active", "time_zone": "UTC",
            "date_format": "m/d/Y", "time_format": "h:ia", "admin": false, "is_group": false, "portal_only": false,
        },
        "records": [
            {"module": "Contacts", "id": "gus", "country": "USA", "state": "CA", "checked": ["do_not_call"],
             "phones": {"phone_mobile": "+1 415 555 2671"}},
            {"module": "Contacts", "id": "vera", "country": "", "state": "", "checked": [], "phones": null},
        ],
    })
}

fn signed_by(statement: &Value, key: &SecretString) -> String {
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(statement.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!(
        "{text}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

fn read(text: &str) -> Result<Statement, AssertionError> {
    Statement::read(text, &key(), AUDIENCE, NOW)
}

fn read_with(change: impl FnOnce(&mut Value)) -> Result<Statement, AssertionError> {
    let mut statement = statement();
    change(&mut statement);
    read(&signed_by(&statement, &key()))
}

#[test]
fn a_good_one_says_who_and_what_he_may_see() {
    let statement = read_with(|_| {}).unwrap();
    assert_eq!(statement.user.id, "seed_sally_id");
    let contact = |id: &str| RecordRef {
        module: Module::Contacts,
        id: id.to_owned(),
    };
    let gus = statement.record(&contact("gus")).unwrap();
    assert_eq!(
        gus.phones.as_ref().unwrap()["phone_mobile"],
        "+1 415 555 2671"
    );
    assert_eq!(statement.record(&contact("vera")).unwrap().phones, None);
    assert_eq!(statement.record(&contact("ann")), None);
    assert_eq!(statement.ends_at, Timestamp((NOW_S + 90) * 1_000));
}

#[test]
fn every_altered_part_is_noticed() {
    let good = signed_by(&statement(), &key());
    let mac = good.rsplit('.').next().unwrap();
    let mut altered = Vec::new();
    for (path, to) in [
        ("/aud", json!("https://evil.example.com")),
        ("/exp", json!(NOW_S + 61)),
        ("/iat", json!(NOW_S + 1)),
        ("/jti", json!("10112233445566778899aabbccddeeff")),
        ("/user/id", json!("1")),
        ("/user/admin", json!(true)),
        ("/user/status", json!("Inactive")),
        ("/records/0/id", json!("vera")),
        ("/records/0/module", json!("Leads")),
        ("/records/0/phones/phone_mobile", json!("+1 900 555 0100")),
        ("/records/1/phones", json!({})),
    ] {
        let mut statement = statement();
        *statement.pointer_mut(path).unwrap() = to;
        let payload = URL_SAFE_NO_PAD.encode(statement.to_string());
        altered.push(format!("{PREFIX}{payload}.{mac}"));
    }
    for text in altered {
        assert_eq!(read(&text), Err(AssertionError::Forged));
    }
}

#[test]
fn another_key_another_service_another_time() {
    let other: SecretString = "another key that is long enough!".into();
    let forged = signed_by(&statement(), &other);
    assert_eq!(read(&forged), Err(AssertionError::Forged));
    let elsewhere = |aud: &str| read_with(|it| it["aud"] = json!(aud)).map(|_| ());
    let wrong = Err(AssertionError::WrongAudience);
    assert_eq!(elsewhere("https://chat.example.com/"), Ok(()));
    assert_eq!(elsewhere("https://chat.example.com.evil.example"), wrong);
    assert_eq!(elsewhere("https://chat.example.co"), wrong);
    assert_eq!(elsewhere(""), wrong);
    let at = |iat: i64, exp: i64| {
        let times = |it: &mut Value| {
            it["iat"] = json!(iat);
            it["exp"] = json!(exp);
        };
        read_with(times).map(|_| ())
    };
    assert_eq!(at(NOW_S - 89, NOW_S - 29), Ok(()));
    assert_eq!(at(NOW_S - 90, NOW_S - 30), Err(AssertionError::Expired));
    assert_eq!(at(NOW_S + 30, NOW_S + 90), Ok(()));
    let future = Err(AssertionError::FromTheFuture);
    assert_eq!(at(NOW_S + 31, NOW_S + 91), future);
    assert_eq!(at(NOW_S, NOW_S + 61), future);
    assert_eq!(at(i64::MIN, i64::MAX), future);
    assert_eq!(at(NOW_S, i64::MIN), future);
}

/// The forms that confuse readers of tokens which name their own algorithm.
#[test]
fn no_other_form_and_no_other_algorithm() {
    let good = signed_by(&statement(), &key());
    let payload = good.split('.').nth(1).unwrap();
    let b64 = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (text, wanted) in [
        ("".to_owned(), AssertionError::NotOne),
        ("an-access-token".to_owned(), AssertionError::NotOne),
        (
            format!("{}.{payload}.", b64(r#"{"alg":"none"}"#)),
            AssertionError::NotOne,
        ),
        (good.replacen("rla1", "rla2", 1), AssertionError::NotOne),
        (good.to_uppercase(), AssertionError::NotOne),
        (format!(" {good}"), AssertionError::NotOne),
        (PREFIX.to_owned(), AssertionError::Malformed),
        (format!("{PREFIX}{payload}"), AssertionError::Malformed),
        (format!("{PREFIX}{payload}."), AssertionError::Forged),
        (format!("{good}."), AssertionError::Malformed),
        (format!("{good}="), AssertionError::Malformed),
        (format!("{good}AA"), AssertionError::Malformed),
        (good[..good.len() - 3].to_owned(), AssertionError::Forged),
    ] {
        assert_eq!(read(&text), Err(wanted), "{text}");
    }
    // Signed, but not what our code writes.
    for change in [
        |it: &mut Value| it["alg"] = json!("none"),
        |it: &mut Value| it["jti"] = json!("short"),
        |it: &mut Value| it["jti"] = json!("x".repeat(65)),
        |it: &mut Value| it["records"] = json!(null),
        |it: &mut Value| it["records"][0]["module"] = json!("Users"),
        |it: &mut Value| it["records"] = json!(vec![it["records"][0].clone(); 31]),
        |it: &mut Value| it["user"]["admin"] = json!("1"),
        |it: &mut Value| it["exp"] = json!("1700000060"),
        |it: &mut Value| it["user"]["title"] = json!("x".repeat(16_000)),
    ] {
        assert_eq!(read_with(change), Err(AssertionError::Malformed));
    }
}

proptest! {
    #[test]
    fn no_text_is_believed_by_chance(text in "\\PC{0,200}") {
        prop_assert!(read(&text).is_err());
        let begun = format!("{PREFIX}{text}");
        prop_assert!(read(&begun).is_err());
    }

    #[test]
    fn one_changed_character_is_one_too_many(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let good = signed_by(&statement(), &key());
        let at = at.index(good.len());
        let mut changed = good.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != good);
        prop_assert!(read(&changed).is_err());
    }

    #[test]
    fn a_part_is_not_the_whole(cut in any::<prop::sample::Index>()) {
        let good = signed_by(&statement(), &key());
        prop_assert!(read(&good[..cut.index(good.len())]).is_err());
    }
}
