//! The way of carriers to us: a call as each makes them, through the public address.

use super::Finding;
use super::browser::unanswered;
use crate::domain::clock::Clock;
use crate::flows::probe_gateway::{Arrival, MASK, hash};
use crate::gateways::sms::{SmsGateway, Specimen, probe_path};
use crate::gateways::web::{Seen, Web};
use reqwest::Url;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;

/// Telnyx waits no longer for an answer (sms-gateways 3.1).
const SLOW_MS: i64 = 2_000;

/// One gateway on the way from the outside.
struct Way<'a> {
    /// The address that carriers are told, without a slash at its end.
    public: &'a str,
    carrier: &'a dyn SmsGateway,
}

/// Calls the service as a carrier would, at the address that carriers are told, and says what
/// each hop made of it; `None` when nobody outside calls this gateway.
pub async fn of_gateway(
    web: &Web,
    public: &str,
    carrier: &dyn SmsGateway,
    clock: &dyn Clock,
) -> Option<Vec<Finding>> {
    let public = public.trim_end_matches('/');
    let way = Way { public, carrier };
    let address = format!("{public}{}", probe_path(carrier).expose_secret());
    let began = clock.now();
    let specimen = carrier.specimen(&address, began)?;
    let mut url = address.parse::<Url>().ok()?;
    url.set_query(
        Some(&specimen.query)
            .filter(|query| !query.is_empty())
            .map(String::as_str),
    );
    let body = specimen.body.clone();
    let seen = web
        .call(specimen.method, &url, &specimen.headers, body)
        .await;
    let took_ms = clock.now().0 - began.0;
    let seen = match seen {
        Ok(seen) => seen,
        Err(unseen) => return Some(vec![unanswered(public, &unseen)]),
    };
    let arrival = seen
        .json
        .clone()
        .and_then(|json| serde_json::from_value(json).ok());
    let mut found = match arrival {
        Some(arrival) => way.compare(&specimen, &arrival),
        None => vec![way.stopped(&seen)],
    };
    if took_ms > SLOW_MS {
        let says = format!("the answer took {:.1} s", took_ms as f64 / 1_000.0);
        let advice =
            "look at the proxies in front and at the database: Telnyx waits 2 s, and calls again";
        found.push(way.warning("gateway_slow", &says, advice));
    }
    Some(found)
}

impl Way<'_> {
    fn named(&self, says: &str) -> String {
        format!("`{}`: {says}", self.carrier.id())
    }

    fn error(&self, code: &'static str, says: &str, advice: &str) -> Finding {
        Finding::error("gateway", code, self.named(says), advice)
    }

    fn warning(&self, code: &'static str, says: &str, advice: &str) -> Finding {
        Finding::warning("gateway", code, self.named(says), advice)
    }

    /// Why the call did not come to where carriers' calls come.
    fn stopped(&self, seen: &Seen) -> Finding {
        if let Some(to) = &seen.leads_to
            && (300..400).contains(&seen.status)
        {
            let to = to.origin().ascii_serialization();
            return self.error(
                "gateway_redirected",
                &format!("{} sends carriers on to {to}, where none of them goes", self.public),
                "write the address that answers by itself, with its scheme, in public_url, or let the proxy pass \
                 /gateways/ without a redirect",
            );
        }
        let code = seen.json.as_ref().and_then(|json| json["code"].as_str());
        match (seen.status, code) {
            (404, Some("not_found")) => self.error(
                "gateway_path",
                "the service is reached and finds nothing at this path",
                "let no proxy add or take away a part of the path, except for the one in public_url; start the \
                 service anew if the gateway is new",
            ),
            (403, Some("forbidden")) => self.error(
                "gateway_secret",
                "the running service has another secret in its path",
                "start the service anew after a change of its configuration",
            ),
            (status, _) => self.error(
                "gateway_elsewhere",
                &format!("something else answers carriers at {} (status {status})", self.public),
                "let every proxy and firewall in front pass /gateways/ to listen.public: no login, no page against \
                 robots, no other server",
            ),
        }
    }

    /// What is different from what was sent.
    fn compare(&self, sent: &Specimen, arrived: &Arrival) -> Vec<Finding> {
        let mut changes = Vec::new();
        let mut changed =
            |code, says: String, advice: &'static str| changes.push((code, says, advice));
        if arrived.public_address != self.public {
            let theirs = &arrived.public_address;
            changed(
                "gateway_public_url",
                format!(
                    "the running service takes {theirs} for its address, not {}",
                    self.public
                ),
                "write the same public_url for every node, and start the service anew",
            );
        }
        if arrived.method != sent.method {
            changed(
                "gateway_method",
                format!("{} arrives as {}", sent.method, arrived.method),
                "let the proxy pass every method",
            );
        }
        let path = probe_path(self.carrier);
        let secret = self.carrier.callback_secret().expose_secret();
        if arrived.path != path.expose_secret().replace(secret, MASK) {
            changed(
                "gateway_path",
                format!("the path arrives as {}", arrived.path),
                "let no proxy rewrite or escape the path",
            );
        }
        if let Some(how) = query_change(&sent.query, &arrived.query) {
            changed(
                "gateway_query",
                format!("the query {how}"),
                "let the proxy hand the query on as it came",
            );
        }
        for (name, value) in &sent.headers {
            header_change(name, value, arrived, &mut changed);
        }
        if arrived.body != hash(&sent.body) {
            changed(
                "gateway_body",
                format!(
                    "a body of {} bytes arrives as another of {}",
                    sent.body.len(),
                    arrived.body_bytes
                ),
                "let the proxy hand bodies on byte for byte: nothing that reads, filters or encodes them anew",
            );
        }
        let believed = sent.signed && arrived.refused.is_none();
        if changes.is_empty() {
            return vec![self.unchanged(sent, arrived)];
        }
        let weigh = |(code, says, advice): (_, String, _)| match believed {
            true => {
                let says = format!("{says}; its signature still fits");
                self.warning(code, &says, advice)
            }
            false => self.error(code, &says, advice),
        };
        changes.into_iter().map(weigh).collect()
    }

    fn unchanged(&self, sent: &Specimen, arrived: &Arrival) -> Finding {
        let mut says = format!("a call arrives at {} as it was sent", self.public);
        match (&arrived.refused, sent.signed) {
            (Some(reason), true) => {
                return self.error(
                    "gateway_signature",
                    &format!("{says}, and is refused: {reason}"),
                    "start the service anew after a change of its secrets, and set the clocks of both machines",
                );
            }
            (None, true) => {
                says += ", its signature is believed, and any other is refused from now on"
            }
            (_, false) => says += ", and the carrier's own signature cannot be tried from here",
        }
        if let Some(host) = arrived.host.as_ref().filter(|host| !self.is_ours(host)) {
            says += &format!("; a proxy writes another Host, {host}, which does no harm");
        }
        Finding::ok("gateway", self.named(&says))
    }

    fn is_ours(&self, host: &str) -> bool {
        let authority = self.public.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        authority.eq_ignore_ascii_case(host)
    }
}

fn header_change(
    name: &str,
    value: &str,
    arrived: &Arrival,
    changed: &mut impl FnMut(&'static str, String, &'static str),
) {
    match arrived.headers.get(name) {
        None => changed(
            "gateway_header",
            format!("the header {name} does not arrive"),
            "let the proxy hand every header on",
        ),
        Some(hashed) if *hashed == hash(value.as_bytes()) => {}
        Some(_) if name == "content-type" => {
            let now = arrived.content_type.as_deref().unwrap_or_default();
            changed(
                "gateway_content_type",
                format!("the content type {value} arrives as {now}"),
                "let the proxy hand the content type on as it came",
            );
        }
        Some(_) => changed(
            "gateway_header",
            format!("the header {name} arrives with another value"),
            "let the proxy hand every header on as it came",
        ),
    }
}

/// How a query was changed, in words; `None` when it was not.
fn query_change(sent: &str, arrived: &str) -> Option<&'static str> {
    if sent == arrived {
        return None;
    }
    if arrived.is_empty() {
        return Some("does not arrive");
    }
    let parts = |query: &str| {
        let mut parts: Vec<_> = query.split('&').map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    if parts(sent) == parts(arrived) {
        return Some("arrives in another order");
    }
    if meaning(sent) == meaning(arrived) {
        return Some("arrives escaped in another way");
    }
    Some("arrives with other parameters")
}

fn meaning(query: &str) -> Option<BTreeMap<String, String>> {
    let url = Url::parse(&format!("http://localhost/?{query}")).ok()?;
    Some(url.query_pairs().into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_changed_is_told_from_one_that_did_not() {
        let sent = "b=1&a=two+words%2B";
        for (arrived, how) in [
            (sent, None),
            ("", Some("does not arrive")),
            ("a=two+words%2B&b=1", Some("arrives in another order")),
            (
                "b=1&a=two%20words%2B",
                Some("arrives escaped in another way"),
            ),
            ("b=1&a=two+words%2b", Some("arrives escaped in another way")),
            ("b=1", Some("arrives with other parameters")),
            ("b=1&a=two+words+", Some("arrives with other parameters")),
        ] {
            assert_eq!(query_change(sent, arrived), how, "{arrived}");
        }
    }
}
