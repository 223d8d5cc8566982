//! Gateways and numbers that do not come from the file: JSON in place of TOML, the same names,
//! ranges and rules.

use serde_json::{Map, Value};

use super::check;
use super::finding::{ConfigError, Finding, Problems};
use super::setting::{Setting, Told};
use super::tree::{Entry, Node, Origin, join};
use super::{Config, Gateway, Number};

/// Settings by their names.
pub type Settings = Map<String, Value>;

/// Settings as they may be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Those that are no secrets, with their defaults; null where nothing is set.
    pub plain: Settings,
    /// The secrets, and whether each is set.
    pub secrets: Vec<(&'static str, bool)>,
}

/// Where a secret would go to: with another address all secrets have to be given again.
const ADDRESSES: [&str; 2] = ["base_url", "send_url"];
/// What a gateway keeps whatever else changes: the carrier calls it.
const PATH_SECRET: &str = "secret";

impl Gateway {
    /// Reads settings as they are kept or sent; a null is a setting that is left out.
    pub fn from_json(id: &str, settings: &Settings) -> Result<Self, ConfigError> {
        from_json(id, settings)
    }

    /// The settings as they may be shown.
    pub fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        let Told::Table(settings) = self.tell() else {
            return shown;
        };
        for (name, told) in settings {
            match told {
                Told::Plain(value) => {
                    shown.plain.insert(name.to_owned(), value);
                }
                Told::Secret(is_set) => shown.secrets.push((name, is_set)),
                Told::Table(_) => {}
            }
        }
        shown
    }

    /// What settings that were sent make of those that were kept: they take their place, and a
    /// secret that was left out stays. `path_secret` is taken when there is none.
    pub fn replace(
        id: &str,
        kept: Option<&Settings>,
        sent: Settings,
        path_secret: &str,
    ) -> Result<Settings, ConfigError> {
        let nothing = Settings::new();
        let kept = kept.unwrap_or(&nothing);
        let before = Self::from_json(id, kept)
            .map(|it| it.shown())
            .unwrap_or_default();
        let after = Self::from_json(id, &sent)?.shown();
        let same = |name: &str| before.plain.get(name) == after.plain.get(name);
        let moved = ADDRESSES.iter().find(|name| !same(name));
        let mut problems = Problems::default();
        let mut settings = sent;
        for (name, value) in kept {
            let is_secret = before.secrets.iter().any(|(secret, _)| secret == name);
            // An account of another kind has other secrets.
            let stays = name == PATH_SECRET || is_secret && same("kind");
            if !stays || settings.contains_key(name) {
                continue;
            }
            match moved {
                // Who cannot read a secret must not be able to have it sent to himself.
                Some(address) if name != PATH_SECRET => problems.add(Finding::error(
                    name,
                    format!("{address} changes, and this secret would go there"),
                    "send the secret again, with the new address",
                )),
                _ => {
                    settings.insert(name.clone(), value.clone());
                }
            }
        }
        problems.into_result()?;
        settings.retain(|name, value| !value.is_null() && name != "id");
        let path_secret = || path_secret.into();
        settings.entry(PATH_SECRET).or_insert_with(path_secret);
        Ok(settings)
    }
}

impl Number {
    /// Reads settings as they are kept or sent; a null is a setting that is left out.
    pub fn from_json(id: &str, settings: &Settings) -> Result<Self, ConfigError> {
        from_json(id, settings)
    }

    /// The settings, with their defaults.
    pub fn shown(&self) -> Settings {
        let Told::Table(settings) = self.tell() else {
            return Settings::new();
        };
        let plain = settings.into_iter().filter_map(|(name, told)| match told {
            Told::Plain(value) => Some((name.to_owned(), value)),
            _ => None,
        });
        plain.collect()
    }
}

impl Config {
    /// This configuration with one gateway more, if that passes the checks of a file.
    pub fn with_gateway(&self, gateway: Gateway) -> Result<Self, ConfigError> {
        let (mut config, mut found) = (self.clone(), Vec::new());
        config.gateways.push(gateway);
        let index = config.gateways.len() - 1;
        check::gateway(&config, index, &mut found);
        accept(config, found, &format!("gateways[{index}]."))
    }

    /// This configuration with one number more, if that passes the checks of a file.
    pub fn with_number(&self, number: Number) -> Result<Self, ConfigError> {
        let (mut config, mut found) = (self.clone(), Vec::new());
        config.numbers.push(number);
        let index = config.numbers.len() - 1;
        check::number(&config, index, &mut found);
        accept(config, found, &format!("numbers[{index}]."))
    }
}

fn accept(config: Config, found: Vec<Finding>, place: &str) -> Result<Config, ConfigError> {
    let mut problems = Problems::default();
    for mut finding in found {
        if let Some(name) = finding.at.strip_prefix(place) {
            finding.at = name.to_owned();
        }
        problems.add(finding);
    }
    problems.into_result()?;
    Ok(config)
}

fn from_json<T: Setting>(id: &str, settings: &Settings) -> Result<T, ConfigError> {
    let mut problems = Problems::default();
    let mut all = settings.clone();
    all.retain(|_, value| !value.is_null());
    if all
        .insert("id".to_owned(), id.into())
        .is_some_and(|it| it != id)
    {
        let problem = "this is not the id in the address";
        problems.add(Finding::error("id", problem, "leave it out"));
    }
    let read = T::read(&entry(String::new(), &Value::Object(all)), &mut problems);
    if let Err(mut error) = problems.into_result() {
        // What is said of the whole is about what decides how the rest is read.
        for finding in error.findings.iter_mut().filter(|it| it.at.is_empty()) {
            finding.at = "kind".to_owned();
        }
        return Err(error);
    }
    // Nothing is unreadable without a word about why.
    read.ok_or_else(|| ConfigError {
        findings: Vec::new(),
    })
}

fn entry(path: String, value: &Value) -> Entry {
    let node = match value {
        Value::Object(table) => {
            let below = |(key, value): (&String, _)| (key.clone(), entry(join(&path, key), value));
            Node::Table(table.iter().map(below).collect())
        }
        Value::Array(list) => {
            let item = |(index, value)| entry(format!("{path}[{index}]"), value);
            Node::List(list.iter().enumerate().map(item).collect())
        }
        Value::String(text) => Node::Text(text.clone()),
        Value::Bool(yes) => Node::Boolean(*yes),
        Value::Number(number) => number
            .as_i64()
            .map_or(Node::Other("a number that does not fit"), Node::Integer),
        Value::Null => Node::Other("null"),
    };
    Entry {
        path,
        origin: Origin::Call,
        node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(value: Value) -> Settings {
        match value {
            Value::Object(settings) => settings,
            _ => Settings::new(),
        }
    }

    fn twilio() -> Settings {
        settings(
            json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "tok",
            "secret": "0123456789abcdef0123456789abcdef", "base_url": "https://twilio.example.com"}),
        )
    }

    fn places(error: &ConfigError) -> Vec<&str> {
        error
            .findings
            .iter()
            .map(|finding| finding.at.as_str())
            .collect()
    }

    fn replace(sent: Value) -> Result<Settings, ConfigError> {
        Gateway::replace("main", Some(&twilio()), settings(sent), "made")
    }

    #[test]
    fn what_is_shown_can_be_sent_back_and_changes_nothing() {
        let shown = Gateway::from_json("main", &twilio()).unwrap().shown();
        assert_eq!(shown.plain["kind"], "twilio");
        assert_eq!(shown.plain["api_key_sid"], Value::Null);
        assert!(shown.secrets.contains(&("auth_token", true)));
        assert!(shown.secrets.contains(&("signing_key", false)));
        let text = serde_json::to_string(&shown.plain).unwrap();
        assert!(
            !text.contains("tok") && !text.contains("0123456789"),
            "{text}"
        );
        let again = replace(Value::Object(shown.plain.clone())).unwrap();
        let again = Gateway::from_json("main", &again).unwrap();
        assert_eq!(again.shown(), shown);
    }

    #[test]
    fn secrets_stay_until_they_are_replaced_or_removed() {
        let base = json!({"kind": "twilio", "account_sid": "AC1", "base_url": "https://twilio.example.com/"});
        let with = |name: &str, value: Value| {
            let mut sent = base.clone();
            sent[name] = value;
            replace(sent).unwrap()
        };
        assert_eq!(with("smart", Value::Null)["auth_token"], "tok");
        assert_eq!(with("auth_token", "new".into())["auth_token"], "new");
        assert!(!with("auth_token", Value::Null).contains_key("auth_token"));
        assert_eq!(with("secret", Value::Null)["secret"], "made");
    }

    #[test]
    fn secrets_go_to_no_other_address_and_to_no_other_carrier() {
        let error = replace(json!({"kind": "twilio", "account_sid": "AC1"})).unwrap_err();
        assert_eq!(places(&error), ["auth_token"]);
        let elsewhere = json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "tok",
            "base_url": "https://elsewhere.example.com"});
        assert_eq!(replace(elsewhere).unwrap()["secret"], twilio()["secret"]);
        let telnyx = replace(json!({"kind": "telnyx", "public_key": "k"})).unwrap();
        let names: Vec<&String> = telnyx.keys().collect();
        assert_eq!(names, ["kind", "public_key", "secret"]);
    }

    #[test]
    fn the_rules_are_those_of_the_file() {
        for (sent, at) in [
            (json!({}), "kind"),
            (json!({"kind": "pigeon"}), "kind"),
            (json!({"kind": "twilio", "acount_sid": "AC1"}), "acount_sid"),
            (
                json!({"kind": "twilio", "auth_token_file": "/etc/passwd"}),
                "auth_token_file",
            ),
            (json!({"kind": "twilio", "auth_token": 7}), "auth_token"),
            (json!({"kind": "twilio", "id": "other"}), "id"),
            (json!({"kind": "kannel", "max_parts": 1.5}), "max_parts"),
            (json!({"kind": "kannel", "max_parts": 0}), "max_parts"),
            (json!({"kind": "vonage", "base_url": "ftp://x"}), "base_url"),
        ] {
            let error = Gateway::from_json("main", &settings(sent.clone())).unwrap_err();
            assert_eq!(places(&error), [at], "{sent}");
        }
        let twilio = json!({"kind": "twilio", "secret": "short"});
        let twilio = Gateway::from_json("main", &settings(twilio)).unwrap();
        let error = Config::default().with_gateway(twilio).unwrap_err();
        assert_eq!(places(&error), ["secret", "account_sid", "auth_token"]);
        let number = json!({"number": "0800", "gateway": "none", "members": ["a b"]});
        let number = Number::from_json("main", &settings(number)).unwrap();
        let error = Config::default().with_number(number).unwrap_err();
        assert_eq!(places(&error), ["number", "gateway", "members[0]"]);
    }
}
