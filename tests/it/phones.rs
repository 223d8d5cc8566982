//! Phone numbers as people type them, against Google's own library as an oracle.

use crate::support::sugar::Sugar as StandIn;
use reqwest::Method;
use riverline::app::SystemClock;
use riverline::domain::country::Country;
use riverline::domain::phone::PhoneNumber;
use riverline::gateways::crm::{Crm, Sugar};
use rlibphonenumber::{PhoneNumber as Parsed, PhoneNumberFormat, Region};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// One row of the table.
struct Spelling {
    number: PhoneNumber,
    has_it: bool,
    address: &'static str,
    typed: &'static str,
    home: Country,
}

impl Spelling {
    fn country(&self) -> Country {
        Country::of_address(self.address).unwrap_or(self.home)
    }
}

fn spellings() -> Vec<Spelling> {
    let lines = include_str!("phones/spellings.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [number, address, typed, home] = cells[..] else {
            panic!("four cells in {row}")
        };
        let known = address.is_empty() || Country::of_address(address).is_some();
        assert!(known, "nobody knows the country in {row}");
        Spelling {
            number: PhoneNumber::parse_e164(number.trim_start_matches('!')).unwrap(),
            has_it: !number.starts_with('!'),
            address,
            typed,
            home: home.parse().unwrap(),
        }
    })
    .collect()
}

/// What the oracle says of texts, each with its country.
fn oracle(asked: impl Iterator<Item = (String, String)>) -> Vec<Value> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let python = tests.join(".output/python/bin/python");
    assert!(python.exists(), "run tests/scripts/bootstrap test");
    let mut process = Command::new(python)
        .arg(tests.join("it/phones/oracle.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = asked.map(|pair| json!(pair).to_string() + "\n").collect();
    let mut input = process.stdin.take().unwrap();
    // So few lines fit into the pipe, and the answers are read after it is closed.
    input.write_all(lines.concat().as_bytes()).unwrap();
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

#[test]
fn spellings_are_read_as_the_oracle_reads_them() {
    let table = spellings();
    let matching = table.iter().filter(|row| row.has_it).count();
    assert!(matching >= 40, "{matching} spellings");
    let asked = table
        .iter()
        .map(|row| (row.country().to_string(), row.typed.to_owned()));
    for (row, answer) in table.iter().zip(oracle(asked)) {
        let e164 = json!(row.number.e164());
        let theirs = answer["all"].as_array().unwrap().contains(&e164);
        let ours = row.number.is_in(row.typed, row.country());
        let what = format!(
            "{} in `{}` of {}",
            row.number.e164(),
            row.typed,
            row.address
        );
        assert_eq!(theirs, row.has_it, "the oracle: {what}: {answer}");
        assert_eq!(ours, row.has_it, "ours: {what}");
    }
}

#[tokio::test]
async fn sugar_finds_a_record_by_every_spelling() {
    let standin = StandIn::start().await;
    let sugar = Sugar::new(&standin.settings(), Arc::new(SystemClock)).unwrap();
    let admin = standin.sign_in("admin", "base").await;
    for row in spellings() {
        let new = json!({"last_name": "Spelled", "phone_work": row.typed,
            "primary_address_country": row.address});
        let made = standin.rest(Method::POST, "Leads", Some(&admin), Some(new));
        let id = made.await["id"].as_str().unwrap().to_owned();
        sugar.forget_phone(&row.number);
        let found = sugar.find_by_phone(&row.number, row.home).await.unwrap();
        let has_it = found.exact.iter().any(|found| found.record.id == id);
        assert_eq!(has_it, row.has_it, "`{}` of {}", row.typed, row.address);
        let gone = format!("Leads/{id}");
        standin
            .rest(Method::DELETE, &gone, Some(&admin), None)
            .await;
    }
    assert_eq!(standin.refused().await, json!([]));
}

#[test]
fn the_rust_port_reads_as_the_python_port_does() {
    let inputs = include_str!("phones/inputs.tsv").lines();
    let inputs: Vec<(&str, &str)> = inputs.filter_map(|line| line.split_once('\t')).collect();
    assert!(inputs.len() >= 50);
    let asked = inputs
        .iter()
        .map(|(country, text)| ((*country).to_owned(), (*text).to_owned()));
    for ((country, text), answer) in inputs.iter().zip(oracle(asked)) {
        let region = Region::try_from(*country).unwrap();
        let ours = Parsed::parse(text, Some(region)).ok();
        let ours = ours
            .filter(Parsed::is_valid)
            .map(|number| number.format_as(PhoneNumberFormat::E164).into_owned());
        assert_eq!(json!(ours), answer["parsed"], "`{text}` in {country}");
        if let Some(e164) = ours.filter(|e164| PhoneNumber::parse_e164(e164).is_ok()) {
            let whole = PhoneNumber::parse(text, country.parse().unwrap()).unwrap();
            assert_eq!(whole.e164(), e164);
        }
    }
}
