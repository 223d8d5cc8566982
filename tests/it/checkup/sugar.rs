//! What is wrong with the Sugar that the service is to use: the login, the package, the roles, what stands before it.

use super::{complaints, only, only_with, run, says};
use crate::support::front::{Front, Way};
use crate::support::sugar::free_port;
use crate::support::{Service, Sugar};
use serde_json::{Value, json};

#[tokio::test]
async fn what_keeps_the_service_from_logging_in() {
    let sugar = Sugar::start().await;
    sugar.switch("refuse_password", "riverline").await;
    let words = only(&sugar.url, "login_refused").await;
    says(&words, &["`riverline`", "sugar.password"]);
    assert!(!words.contains("= riverline"));
    sugar.switch("refuse_password", Value::Null).await;

    sugar.switch("sso_user", "riverline").await;
    says(
        &only(&sugar.url, "login_refused").await,
        &["single sign-on", "local"],
    );
    sugar.switch("sso_user", Value::Null).await;

    sugar.switch("maintenance", true).await;
    says(
        &only(&sugar.url, "sugar_busy").await,
        &["maintenance", "Admin > System Settings"],
    );
    sugar.switch("maintenance", false).await;

    sugar.switch("html_502", true).await;
    says(&only(&sugar.url, "sugar_down").await, &["502", "PHP"]);
    sugar.switch("html_502", false).await;

    sugar.switch("ip_check", "agent").await;
    let way = Way {
        calls_from_elsewhere: true,
        ..Way::default()
    };
    let front = Front::of(&sugar.url, way).await;
    let words = only(
        &format!("http://{}", front.address),
        "token_refused_at_once",
    )
    .await;
    says(&words, &["Validate user IP", "Admin > System Settings"]);
    sugar.switch("ip_check", false).await;

    let output = run(vec![format!("sugar.url={}", sugar.url)], &["--json"], None).await;
    assert_eq!(complaints(&output), Vec::<Value>::new());
    assert_eq!(
        sugar.refused().await,
        json!([]),
        "the check asked for something unheard of"
    );
}

#[tokio::test]
async fn a_sugar_without_our_package() {
    let sugar = Sugar::without_package().await;
    let words = only(&sugar.url, "platform_unknown").await;
    says(
        &words,
        &[
            "`riverline`",
            "install the Riverline package",
            "Configure API Platforms",
        ],
    );
    sugar.switch("unknown_platforms_allowed", true).await;
    let words = only(&sugar.url, "package_missing").await;
    says(&words, &["riverline package", "Module Loader"]);
}

#[tokio::test]
async fn what_roles_hide_and_forbid() {
    let sugar = Sugar::start().await;
    let url = vec![format!("sugar.url={}", sugar.url)];
    let acl = |acl: Value| sugar.switch("acl", json!({"riverline": acl}));

    acl(json!({"Leads": {"access": "no"}})).await;
    let words = only(&sugar.url, "module_hidden").await;
    says(&words, &["Leads", "role", "`riverline`"]);
    assert!(!words.contains("Contacts"), "{words}");

    acl(json!({"Notes": {"create": "no"}})).await;
    says(
        &only(&sugar.url, "notes_forbidden").await,
        &["role", "create"],
    );
    let words = only_with(
        url.clone(),
        &["--json", "--write"],
        None,
        "note_not_written",
    )
    .await;
    says(&words, &["role", "403"]);

    acl(json!({"Notes": {"delete": "no"}})).await;
    let words = only_with(
        url.clone(),
        &["--json", "--write"],
        None,
        "note_not_removed",
    )
    .await;
    says(&words, &["delete the Note"]);

    acl(json!({})).await;
    let before = notes(&sugar).await;
    let output = run(url, &["--json", "--write"], None).await;
    assert_eq!(complaints(&output), Vec::<Value>::new());
    let after = notes(&sugar).await;
    assert_eq!(after.len(), before.len() + 1, "a Note was written");
    let living = |notes: &[Value]| notes.iter().filter(|note| note["deleted"] == 0).count();
    assert_eq!(living(&after), living(&before), "and removed");
}

async fn notes(sugar: &Sugar) -> Vec<Value> {
    let url = format!("{}/__standin/records?module=Notes", sugar.url);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let rows: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    rows.as_array().unwrap().clone()
}

#[tokio::test]
async fn what_stands_before_sugar() {
    let sugar = Sugar::start().await;

    let ten_minutes_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10);
    let date = ten_minutes_ago
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let way = Way {
        date: Some(date),
        ..Way::default()
    };
    let front = Front::of(&sugar.url, way).await;
    let words = only(&format!("http://{}", front.address), "clock_differs").await;
    says(&words, &["minutes ahead", "NTP"]);

    let way = Way {
        redirect: Some("https://crm.example.org".to_owned()),
        ..Way::default()
    };
    let front = Front::of(&sugar.url, way).await;
    let words = only(&format!("http://{}", front.address), "sugar_redirects").await;
    says(&words, &["write sugar.url = \"https://crm.example.org\""]);

    let nobody = format!("http://127.0.0.1:{}", free_port());
    says(
        &only(&nobody, "sugar_no_connection").await,
        &["firewall", "port"],
    );
    says(
        &only("https://sugar.invalid", "sugar_unknown_host").await,
        &["`sugar.invalid`", "DNS"],
    );

    let service = Service::start().await;
    says(
        &only(&service.url, "not_sugar").await,
        &["sugar.url", "without a path"],
    );
}
