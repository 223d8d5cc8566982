//! Whether a content security policy lets a page connect to an address (CSP level 3, 6.7.2).

use reqwest::Url;

/// The directive that keeps a page from connecting to an address; `None` when nothing does.
///
/// Every policy of the answer must allow it, and an answer may hold several in one header.
pub(super) fn forbids(policies: &[String], page: &Url, to: &Url) -> Option<&'static str> {
    policies
        .iter()
        .flat_map(|header| header.split(','))
        .find_map(|policy| forbidden_by(policy, page, to))
}

fn forbidden_by(policy: &str, page: &Url, to: &Url) -> Option<&'static str> {
    let directive = |wanted: &str| {
        policy.split(';').find_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            let named = words.next()?.eq_ignore_ascii_case(wanted);
            named.then(|| words.collect::<Vec<_>>())
        })
    };
    // A page that does not say what it connects to says it with its default.
    ["connect-src", "default-src"]
        .into_iter()
        .find_map(|name| {
            let sources = directive(name)?;
            Some((name, sources.iter().any(|source| matches(source, page, to))))
        })
        .and_then(|(name, allowed)| (!allowed).then_some(name))
}

/// Whether one source expression means an address.
fn matches(source: &str, page: &Url, to: &Url) -> bool {
    if source == "*" {
        return is_network(to.scheme()) || to.scheme() == page.scheme();
    }
    if source.eq_ignore_ascii_case("'self'") {
        return to.origin() == page.origin();
    }
    if source.starts_with('\'') {
        return false;
    }
    if let Some(scheme) = source.strip_suffix(':')
        && !scheme.contains('/')
    {
        return scheme_allows(scheme, to.scheme());
    }
    let (scheme, rest) = match source.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => (page.scheme(), source),
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    scheme_allows(scheme, to.scheme())
        && host_allows(host, to.host_str().unwrap_or_default())
        && port_allows(port, scheme, to)
        && path_allows(path, to.path())
}

fn is_network(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss")
}

/// The safe sister of a scheme is always allowed; a socket is nobody's sister but the plain page's.
fn scheme_allows(written: &str, actual: &str) -> bool {
    match written.to_ascii_lowercase().as_str() {
        "http" => matches!(actual, "http" | "https"),
        "ws" => matches!(actual, "ws" | "wss"),
        other => other == actual,
    }
}

fn host_allows(written: &str, actual: &str) -> bool {
    let written = written.to_ascii_lowercase();
    match written.strip_prefix('*') {
        Some("") => true,
        Some(ending) => ending.starts_with('.') && actual.ends_with(ending),
        None => written == actual,
    }
}

fn port_allows(written: Option<&str>, scheme: &str, to: &Url) -> bool {
    let usual = |scheme: &str| match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    match written {
        Some("*") => true,
        Some(port) => port.parse() == Ok(to.port_or_known_default().unwrap_or(0)),
        None => {
            let actual = to.port_or_known_default();
            actual == usual(scheme) || actual == usual(to.scheme())
        }
    }
}

/// A path that ends with a slash allows everything below it.
fn path_allows(written: &str, actual: &str) -> bool {
    match written {
        "" | "/" => true,
        folder if folder.ends_with('/') => actual.starts_with(folder),
        exact => exact == actual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STOCK: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' https://*.pendo.io *.sugarcrm.com; \
        img-src data: http: https:; object-src 'self'";

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn blocked(policy: &str, to: &str) -> Option<&'static str> {
        let page = url("https://crm.example.com");
        forbids(&[policy.to_owned()], &page, &url(to))
    }

    #[test]
    fn policies_as_admins_write_them() {
        let allowed = |added: &str| {
            let policy = STOCK.replace("*.sugarcrm.com", added);
            let to = [
                "https://chat.example.com/v1/state",
                "wss://chat.example.com/v1/socket",
            ];
            to.map(|to| blocked(&policy, to).is_none())
        };
        assert_eq!(allowed(""), [false, false]);
        assert_eq!(allowed("https://chat.example.com"), [true, false]);
        assert_eq!(
            allowed("https://chat.example.com wss://chat.example.com"),
            [true, true]
        );
        assert_eq!(
            allowed("https://chat.example.com/ wss://chat.example.com/"),
            [true, true]
        );
        assert_eq!(allowed("chat.example.com"), [true, false]);
        assert_eq!(allowed("*.example.com wss:"), [true, true]);
        assert_eq!(allowed("https: wss:"), [true, true]);
        assert_eq!(allowed("*"), [true, true]);
        assert_eq!(allowed("https://chat.example.com:8443"), [false, false]);
        assert_eq!(
            allowed("HTTPS://CHAT.example.com:* WSS://chat.EXAMPLE.com:443"),
            [true, true]
        );
        assert_eq!(allowed("https://chat.example.com/other/"), [false, false]);
        assert_eq!(allowed("https://*.chat.example.com"), [false, false]);
    }

    #[test]
    fn its_own_directive_is_what_counts_and_every_policy_must_agree() {
        let to = "https://chat.example.com/";
        assert_eq!(blocked("connect-src https:; default-src 'none'", to), None);
        assert_eq!(
            blocked("connect-src 'none'; default-src *", to),
            Some("connect-src")
        );
        assert_eq!(blocked("default-src 'none'", to), Some("default-src"));
        assert_eq!(blocked("script-src 'self'", to), None);
        assert_eq!(
            blocked("connect-src *, default-src 'self'", to),
            Some("default-src")
        );
        assert_eq!(blocked("", to), None);
        assert_eq!(
            blocked("default-src 'self'", "https://crm.example.com/x"),
            None
        );
    }

    #[test]
    fn a_port_of_its_own_has_to_be_written() {
        assert!(
            blocked(
                "default-src https://chat.example.com",
                "https://chat.example.com:8443/"
            )
            .is_some()
        );
        assert!(
            blocked(
                "default-src http://h:8080 ws://h:8080",
                "ws://h:8080/v1/socket"
            )
            .is_none()
        );
        assert!(blocked("default-src http://h:8080", "ws://h:8080/v1/socket").is_some());
    }

    proptest! {
        #[test]
        fn what_is_added_never_forbids_more(policy in "[ -~]{0,60}", added in "[a-z:/.*']{1,20}") {
            let (page, to) = (url("https://crm.example.com"), url("https://chat.example.com/"));
            let with = format!("default-src {added} {}", policy.replace([';', ','], " "));
            let without = format!("default-src {}", policy.replace([';', ','], " "));
            if forbids(&[without], &page, &to).is_none() {
                prop_assert_eq!(forbids(&[with], &page, &to), None);
            }
        }
    }
}
