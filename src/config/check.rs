//! What one setting cannot know alone: contradictions, gaps and risks of a whole configuration.

use std::collections::HashSet;
use std::net::SocketAddr;

use reqwest::Url;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use secrecy::ExposeSecret as _;

use super::carriers;
use super::finding::Finding;
use super::{Config, DatabaseUrl, Gateway, Number, Sugar, texting};
use crate::domain::ids::MemberId;

/// What is wrong in itself: with any of these the configuration is not accepted.
pub(super) fn contradictions(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    country(config, &mut found);
    sugar(&config.sugar, &mut found);
    bus(config, &mut found);
    limits(config, &mut found);
    texting::contradictions(&config.sms, &mut found);
    for index in 0..config.gateways.len() {
        gateway(config, index, &mut found);
    }
    for index in 0..config.numbers.len() {
        number(config, index, &mut found);
    }
    found
}

/// What is wrong with one gateway.
pub(super) fn gateway(config: &Config, index: usize, found: &mut Vec<Finding>) {
    let Some(gateway) = config.gateways.get(index) else {
        return;
    };
    let at = format!("gateways[{index}].id");
    let earlier = config.gateways.iter().take(index).map(Gateway::id);
    short_name(&at, gateway.id(), earlier, found);
    carriers::contradictions(index, gateway, found);
}

/// What is wrong with one number.
pub(super) fn number(config: &Config, index: usize, found: &mut Vec<Finding>) {
    let Some(number) = config.numbers.get(index) else {
        return;
    };
    own_number(config, index, number, found);
    for (place, member) in number.members.iter().flatten().enumerate() {
        if let Err(error) = MemberId::parse(member) {
            let at = format!("numbers[{index}].members[{place}]");
            let advice = "write the ids of Sugar users, as in the address of a user's page";
            found.push(Finding::error(&at, error.to_string(), advice));
        }
    }
}

fn country(config: &Config, found: &mut Vec<Finding>) {
    let country = &config.default_country;
    let mut known = PHONE_NUMBER_UTIL.get_supported_regions();
    if !known.any(|region| region.to_string() == *country) {
        found.push(Finding::error(
            "default_country",
            format!("`{country}` is not a country"),
            "write two capital letters such as US or DE",
        ));
    }
}

fn sugar(sugar: &Sugar, found: &mut Vec<Finding>) {
    if let Some(url) = &sugar.url {
        sugar_url(url, sugar.allow_http, found);
    }
    if !is_rest_version(&sugar.rest_version) {
        found.push(Finding::error(
            "sugar.rest_version",
            format!("`{}` is not a REST version", sugar.rest_version),
            "write v11, or v11_10 for a newer one",
        ));
    }
    proof(sugar, found);
    if sugar.write_do_not_text && sugar.do_not_text_field.is_empty() {
        found.push(Finding::error(
            "sugar.write_do_not_text",
            "there is no field to write to".to_owned(),
            "name the checkbox in sugar.do_not_text_field",
        ));
    }
    for (index, origin) in sugar.origins.iter().enumerate() {
        let exact = Url::parse(origin).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.origin().ascii_serialization() == *origin
        });
        if !exact {
            found.push(Finding::error(
                &format!("sugar.origins[{index}]"),
                format!("`{origin}` is not an origin as browsers write it"),
                "write https://host or https://host:port in lower case, without a slash at the end",
            ));
        }
    }
}

fn proof(sugar: &Sugar, found: &mut Vec<Finding>) {
    if !matches!(sugar.sign_in.as_str(), "token" | "assertion") {
        found.push(Finding::error(
            "sugar.sign_in",
            format!("`{}` is neither token nor assertion", sugar.sign_in),
            "write token or assertion",
        ));
    }
    let key = sugar.assertion_key.as_ref().map(|key| key.expose_secret());
    if sugar.sign_in == "assertion" && key.is_none() {
        found.push(Finding::error(
            "sugar.assertion_key",
            "assertions are signed, and there is no key",
            "write what `riverline assertion-key` prints, here and on Riverline's page in Sugar",
        ));
    }
    if key.is_some_and(|key| key.len() < 32) {
        found.push(Finding::error(
            "sugar.assertion_key",
            "this key could be guessed",
            "write what `riverline assertion-key` prints",
        ));
    }
}

fn sugar_url(url: &Url, allow_http: bool, found: &mut Vec<Finding>) {
    if url.path() != "/" {
        found.push(Finding::error(
            "sugar.url",
            format!("there is a path in it: {}", url.path()),
            format!("write {}", url.origin().ascii_serialization()),
        ));
    }
    if url.scheme() == "http" && !allow_http && !is_this_machine(url) {
        found.push(Finding::error(
            "sugar.url",
            "passwords and tokens would travel readable over http",
            "write https, or set sugar.allow_http = true when the network is yours alone",
        ));
    }
}

pub(super) fn is_this_machine(url: &Url) -> bool {
    // An IPv6 host comes in brackets; with a port both forms parse as a socket address.
    let host = url.host_str().unwrap_or_default();
    let address = format!("{host}:0").parse::<SocketAddr>();
    host == "localhost" || address.is_ok_and(|address| address.ip().is_loopback())
}

/// Whether a text reads `v11` or `v11_10`.
fn is_rest_version(text: &str) -> bool {
    let Some(version) = text.strip_prefix('v') else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match version.split_once('_') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(version),
    }
}

fn bus(config: &Config, found: &mut Vec<Finding>) {
    let Some(url) = &config.bus.url else { return };
    if url
        .expose_secret()
        .parse::<async_nats::ServerAddr>()
        .is_err()
    {
        found.push(Finding::error(
            "bus.url",
            "this is not the address of a NATS server",
            "write it like nats://bus.example.com:4222",
        ));
    }
    let mut parts = config.bus.subject.split('.');
    if !parts.all(|part| !part.is_empty() && !part.contains([' ', '\t', '*', '>'])) {
        found.push(Finding::error(
            "bus.subject",
            "this is no subject of NATS",
            "write letters and digits, like riverline",
        ));
    }
    if matches!(config.database.url, DatabaseUrl::Sqlite(_)) {
        found.push(Finding::error(
            "bus.url",
            "several nodes cannot share a SQLite file",
            "write a PostgreSQL database.url, or leave bus.url out",
        ));
    }
}

fn limits(config: &Config, found: &mut Vec<Finding>) {
    let limits = &config.limits;
    let mut at_most = |at, low: u64, than, high: u64| {
        if low > high {
            found.push(Finding::error(
                at,
                format!("{low} is more than {than}, which is {high}"),
                format!("write at most {high}, or raise {than}"),
            ));
        }
    };
    at_most(
        "limits.hello_frame_bytes",
        limits.hello_frame_bytes as u64,
        "limits.frame_bytes",
        limits.frame_bytes as u64,
    );
    at_most(
        "limits.write_batch",
        limits.write_batch as u64,
        "limits.write_queue",
        limits.write_queue as u64,
    );
    // Two pings must fit into the silence, or one lost packet ends a healthy panel.
    at_most(
        "limits.ping_s",
        limits.ping_s,
        "half of limits.silence_s",
        limits.silence_s / 2,
    );
}

fn own_number(config: &Config, index: usize, number: &Number, found: &mut Vec<Finding>) {
    let at = |name: &str| format!("numbers[{index}].{name}");
    let earlier = || config.numbers.iter().take(index);
    let ids = earlier().map(|other| other.id.as_str());
    short_name(&at("id"), &number.id, ids, found);
    if !is_e164(&number.number) {
        found.push(Finding::error(
            &at("number"),
            format!("`{}` is not a valid phone number", number.number),
            "write it with + and country code and digits only, like +14155550100",
        ));
    }
    if earlier().any(|other| other.number == number.number) {
        let problem = format!("{} is listed twice", number.number);
        found.push(Finding::error(&at("number"), problem, "keep one of them"));
    }
    let gateways: Vec<_> = config.gateways.iter().map(Gateway::id).collect();
    if !gateways.contains(&number.gateway.as_str()) {
        found.push(Finding::error(
            &at("gateway"),
            format!("there is no gateway `{}`", number.gateway),
            format!(
                "add it as [[gateways]], or write one of: {}",
                gateways.join(", ")
            ),
        ));
    }
}

fn is_e164(text: &str) -> bool {
    PHONE_NUMBER_UTIL
        .parse(text, None)
        .is_ok_and(|number| number.is_valid() && number.format_as(PhoneNumberFormat::E164) == text)
}

/// Checks an id that an admin chose: it goes into the database and into addresses.
fn short_name<'a>(
    at: &str,
    id: &str,
    mut earlier: impl Iterator<Item = &'a str>,
    found: &mut Vec<Finding>,
) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        found.push(Finding::error(
            at,
            format!("`{id}` is not a short name"),
            "write 1 to 64 letters, digits, - or _",
        ));
    } else if earlier.any(|other| other == id) {
        let problem = format!("`{id}` is used twice");
        found.push(Finding::error(at, problem, "give each its own name"));
    }
}

/// What is missing or unwise, errors first.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    missing(config, &mut found);
    unwise(config, &mut found);
    found
}

fn missing(config: &Config, found: &mut Vec<Finding>) {
    let sugar = &config.sugar;
    let mut need = |given: bool, at: &str, advice: &str| {
        if !given {
            found.push(Finding::error(at, "this is needed and not set", advice));
        }
    };
    need(
        sugar.url.is_some(),
        "sugar.url",
        "write the address of your Sugar, like https://crm.example.com",
    );
    need(
        sugar.username.is_some(),
        "sugar.username",
        "make a Sugar user for the service and write its user name",
    );
    need(
        sugar.password.is_some(),
        "sugar.password",
        "set RIVERLINE_SUGAR__PASSWORD, or name a file with sugar.password_file",
    );
    need(
        config.bus.url.is_none() || config.secrets.key.is_some(),
        "secrets.key",
        "several nodes share one login at Sugar: set RIVERLINE_SECRETS__KEY to what `riverline \
         secrets new-key` prints, or name a file with secrets.key_file, the same at every node",
    );
    need(
        config.public_url.is_some() || config.listen.public.ip().is_loopback(),
        "public_url",
        "write the https address under which browsers reach this service",
    );
}

fn unwise(config: &Config, found: &mut Vec<Finding>) {
    let mut warn = |when: bool, at: &str, problem: &str, advice: &str| {
        if when {
            found.push(Finding::warning(at, problem, advice));
        }
    };
    warn(
        !config.listen.internal.ip().is_loopback(),
        "listen.internal",
        "anybody who reaches this address reads the metrics and plays the carrier",
        "listen on 127.0.0.1, or let a firewall guard it",
    );
    let plain = |url: &Url| url.scheme() == "http" && !is_this_machine(url);
    warn(
        config.public_url.as_ref().is_some_and(plain),
        "public_url",
        "messages and tokens travel readable over http",
        "put a proxy that speaks TLS in front and write https",
    );
    warn(
        config.sugar.url.as_ref().is_some_and(plain),
        "sugar.url",
        "passwords and tokens travel readable over http",
        "let Sugar speak https",
    );
    let postgres = matches!(config.database.url, DatabaseUrl::Postgres(_));
    warn(
        postgres && config.bus.url.is_none() && config.secrets.key.is_none(),
        "secrets.key",
        "without it a second node on this database would end the login of the first at Sugar",
        "set it to what `riverline secrets new-key` prints, or let one node be all",
    );
    warn(
        config.numbers.is_empty(),
        "numbers",
        "there is no number, so nobody can text",
        "add [[gateways]] and [[numbers]], or set them with PUT /v1/admin/gateways and /v1/admin/numbers",
    );
    let used: HashSet<_> = config
        .numbers
        .iter()
        .map(|it| it.gateway.as_str())
        .collect();
    for (index, gateway) in config.gateways.iter().enumerate() {
        warn(
            !used.contains(gateway.id()),
            &format!("gateways[{index}]"),
            &format!("no number is at the gateway `{}`", gateway.id()),
            "add a number, or remove the gateway",
        );
    }
}
