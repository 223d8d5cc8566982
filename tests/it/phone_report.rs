//! `riverline phones`: the report that an admin opens in a spreadsheet.

use crate::support::Service;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;

/// The report's rows by record and field: text, number, finding.
fn rows(csv: &[u8]) -> BTreeMap<(String, String), (String, String, String)> {
    let mut reader = csv::Reader::from_reader(csv);
    let headings = reader
        .headers()
        .unwrap()
        .iter()
        .collect::<Vec<_>>()
        .join(",");
    assert_eq!(headings, "module,id,field,text,e164,finding");
    let rows = reader.into_records().map(|row| {
        let row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        let [module, id, field, text, e164, finding] = <[String; 6]>::try_from(row).unwrap();
        ((format!("{module}/{id}"), field), (text, e164, finding))
    });
    rows.collect()
}

#[tokio::test]
async fn phones_that_make_trouble_are_listed_and_nothing_else() {
    let service = Service::start().await;
    let admin = service.sugar.sign_in("admin", "base").await;
    let make = async |body| {
        let made = service
            .sugar
            .rest(Method::POST, "Leads", Some(&admin), Some(body));
        made.await["id"].as_str().unwrap().to_owned()
    };
    let abroad = make(
        json!({"last_name": "Abroad", "primary_address_country": "Deutschland",
        "phone_mobile": "+1 303 555 0123", "phone_work": "030 901821"}),
    )
    .await;
    let twice = make(json!({"last_name": "Twice",
        "phone_mobile": "(303) 555-0124", "phone_home": "303.555.0124"}))
    .await;
    let formula = make(json!({"last_name": "Formula", "phone_work": "=1+1\"; DROP"})).await;
    // Smaller pages than asked for, as some instances give.
    service.sugar.switch("max_num_cap", 4).await;

    let report = service.command(&["phones"]);
    assert!(report.status.success(), "{report:?}");
    let progress = String::from_utf8(report.stderr).unwrap();
    assert!(progress.contains("reading Prospects"), "{progress}");
    let rows = rows(&report.stdout);
    let of = |record: &str, field: &str| {
        let (text, e164, finding) = &rows[&(record.to_owned(), field.to_owned())];
        (text.as_str(), e164.as_str(), finding.as_str())
    };
    let (ann, bob) = ("Contacts/seed_ann_twin_id", "Contacts/seed_bob_twin_id");
    let shared = |with: &str| format!("shared with {with}");
    assert_eq!(
        of(ann, "phone_mobile"),
        ("(628) 555-0142", "+16285550142", shared(bob).as_str())
    );
    assert_eq!(of(bob, "phone_mobile").2, shared(ann));
    let textless = of("Contacts/seed_hal_textless_id", "phone_mobile");
    assert_eq!(textless, ("ask assistant", "", "unparsable"));
    let abroad = format!("Leads/{abroad}");
    let number = of(&abroad, "phone_mobile");
    assert_eq!(number, ("'+1 303 555 0123", "+13035550123", "foreign (US)"));
    let twice = format!("Leads/{twice}");
    assert_eq!(of(&twice, "phone_home").2, "duplicate");
    assert_eq!(of(&twice, "phone_mobile").2, "duplicate");
    let formula = of(&format!("Leads/{formula}"), "phone_work");
    assert_eq!(formula, ("'=1+1\"; DROP", "", "unparsable"));
    for good in [
        "Contacts/seed_gus_dales_id",
        "Contacts/seed_karl_weber_id",
        "Contacts/seed_ines_twophones_id",
    ] {
        assert!(!rows.keys().any(|(record, _)| record == good), "{good}");
    }

    let leads = service.command(&["phones", "--module", "Leads", "--format", "csv"]);
    let only = self::rows(&leads.stdout);
    assert_eq!(only.len(), 4);
    assert!(only.keys().all(|(record, _)| record.starts_with("Leads/")));
    assert_eq!(service.sugar.refused().await, json!([]));
}

#[tokio::test]
async fn a_sugar_that_is_down_leaves_no_half_report() {
    let service = Service::start().await;
    service.sugar.switch("maintenance", true).await;
    let report = service.command(&["phones"]);
    assert!(!report.status.success());
    assert_eq!(report.stdout, b"");
    let said = String::from_utf8(report.stderr).unwrap();
    assert!(said.contains("phones of Contacts cannot be read"), "{said}");
}
