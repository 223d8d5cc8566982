//! The file and the database together: what is in force, and what of the database is not and why.

use crate::config::{Config, ConfigError, Finding, Gateway, Number, Settings};
use crate::domain::sealing::{Place, SealError, SealingKey};
use crate::store::settings::Rows;
use secrecy::ExposeSecret as _;
use std::collections::HashMap;

/// Where the settings of a gateway lie, sealed.
pub(super) const fn place(id: &str) -> Place<'_> {
    Place {
        table: "gateway_setting",
        column: "sealed",
        row: id,
    }
}

/// Why something in the database is not in force.
#[derive(Debug, Clone)]
pub enum Off {
    /// The file has one of the same name.
    InFile,
    /// It is sealed, and there is no key.
    NoKey,
    /// It does not open.
    Sealed(SealError),
    /// It does not pass the checks, for example since its gateway is gone.
    Wrong(Vec<Finding>),
}

impl Off {
    /// What is so, in words.
    pub fn says(&self) -> String {
        match self {
            Self::InFile => "it is in the configuration file too, and that one is used".to_owned(),
            Self::NoKey => "its settings are sealed, and there is no secrets.key".to_owned(),
            Self::Sealed(_) => "its settings do not open".to_owned(),
            Self::Wrong(found) => {
                let each = found.iter().map(|it| format!("{}: {}", it.at, it.problem));
                each.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::InFile => "delete it here (DELETE removes what is in the database), or take it \
                             out of the file"
                .to_owned(),
            Self::NoKey => "set secrets.key to the key it was sealed with or, if that is lost, \
                            run `riverline secrets forget` and set the gateway anew"
                .to_owned(),
            Self::Sealed(error) => error.to_string(),
            Self::Wrong(found) => {
                let each = found.iter().map(|it| it.advice.as_str());
                each.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

impl From<ConfigError> for Off {
    fn from(error: ConfigError) -> Self {
        Self::Wrong(error.findings)
    }
}

/// A gateway or a number of the database.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    /// Its name.
    pub id: String,
    /// Its settings, if they can be read.
    pub value: Option<T>,
    /// Why it is not in force, if it is not.
    pub off: Option<Off>,
}

impl<T: Clone> Kept<T> {
    /// Reads a row and adds it to what is in force, unless something is against that.
    fn read(
        id: &str,
        in_file: bool,
        read: impl FnOnce() -> Result<T, Off>,
        add: impl FnOnce(T) -> Result<(), ConfigError>,
    ) -> Self {
        let (value, off) = match read() {
            Ok(value) if in_file => (Some(value), Some(Off::InFile)),
            Ok(value) => (Some(value.clone()), add(value).err().map(Off::from)),
            Err(_) if in_file => (None, Some(Off::InFile)),
            Err(off) => (None, Some(off)),
        };
        let id = id.to_owned();
        Self { id, value, off }
    }
}

/// The settings of one moment.
#[derive(Debug, Clone)]
pub struct InForce {
    /// All that is in force: what the file has first, then what only the database has.
    pub config: Config,
    /// The version of the database's part.
    pub version: i64,
    /// The gateways of the database.
    pub gateways: Vec<Kept<Gateway>>,
    /// The numbers of the database.
    pub numbers: Vec<Kept<Number>>,
    /// How many gateways and numbers the file has.
    in_file: (usize, usize),
    sealed: HashMap<String, String>,
}

impl InForce {
    /// Puts the database's part to that of the file; no row keeps another one out.
    pub fn compose(file: &Config, rows: &Rows) -> Self {
        let mut in_force = Self {
            config: file.clone(),
            version: rows.version,
            gateways: Vec::new(),
            numbers: Vec::new(),
            in_file: (file.gateways.len(), file.numbers.len()),
            sealed: rows.gateways.iter().cloned().collect(),
        };
        let config = &mut in_force.config;
        for (id, sealed) in &rows.gateways {
            let in_file = file.gateways.iter().any(|it| it.id() == id);
            let read = || Ok(Gateway::from_json(id, &open(file, id, sealed)?)?);
            let add = |gateway| config.with_gateway(gateway).map(|with| *config = with);
            in_force.gateways.push(Kept::read(id, in_file, read, add));
        }
        for (id, json) in &rows.numbers {
            let in_file = file.numbers.iter().any(|it| it.id == *id);
            let read = || Ok(Number::from_json(id, &settings_of(json))?);
            let add = |number| config.with_number(number).map(|with| *config = with);
            in_force.numbers.push(Kept::read(id, in_file, read, add));
        }
        in_force
    }

    /// The gateways of the file.
    pub fn gateways_of_file(&self) -> &[Gateway] {
        self.config
            .gateways
            .get(..self.in_file.0)
            .unwrap_or_default()
    }

    /// The numbers of the file.
    pub fn numbers_of_file(&self) -> &[Number] {
        self.config
            .numbers
            .get(..self.in_file.1)
            .unwrap_or_default()
    }

    /// Whether a gateway has the settings that it had in `before`.
    pub fn has_same_gateway(&self, before: &Self, id: &str) -> bool {
        let in_file = |of: &Self| of.gateways_of_file().iter().any(|it| it.id() == id);
        match (in_file(self), in_file(before)) {
            (true, true) => true,
            (false, false) => self.sealed.get(id) == before.sealed.get(id),
            _ => false,
        }
    }

    /// What of the database is not in force: what it is, its name and why.
    pub fn off(&self) -> impl Iterator<Item = (&'static str, &str, &Off)> {
        let gateways = self.gateways.iter().map(|it| ("gateway", &it.id, &it.off));
        let numbers = self.numbers.iter().map(|it| ("number", &it.id, &it.off));
        let all = gateways.chain(numbers);
        all.filter_map(|(what, id, off)| Some((what, id.as_str(), off.as_ref()?)))
    }

    /// Says in the log what is not in force.
    pub fn log(&self) {
        for (what, id, off) in self.off() {
            let (says, advice) = (off.says(), off.advice());
            log::warn!("the {what} `{id}` of the database is off: {says}; {advice}");
        }
    }
}

/// Opens the settings of a gateway.
pub(super) fn open(file: &Config, id: &str, sealed: &str) -> Result<Settings, Off> {
    let key: &SealingKey = file.secrets.key.as_ref().ok_or(Off::NoKey)?;
    let opened = key.open(place(id), sealed).map_err(Off::Sealed)?;
    Ok(settings_of(opened.expose_secret()))
}

/// What is no JSON has no settings, and the checks name those that are missing.
fn settings_of(json: &str) -> Settings {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SimulatorGateway;
    use crate::domain::clock::Entropy;

    struct Ones;

    impl Entropy for Ones {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(1);
        }
    }

    /// A file with one gateway and one number, and a key.
    fn file() -> Config {
        let key = SealingKey::parse(&"ab".repeat(32));
        let mut config = Config::default();
        config.secrets.key = key.ok();
        config.gateways.push(Gateway::Simulator(SimulatorGateway {
            id: "file".to_owned(),
            ..SimulatorGateway::default()
        }));
        config.numbers.push(Number {
            id: "file".to_owned(),
            number: "+14155550100".to_owned(),
            gateway: "file".to_owned(),
            ..Number::default()
        });
        config
    }

    fn sealed(id: &str, json: &str) -> (String, String) {
        let key = file().secrets.key.unwrap();
        let sealed = key.seal(place(id), &json.into(), &Ones).unwrap();
        (id.to_owned(), sealed)
    }

    fn number(id: &str, number: &str, gateway: &str) -> (String, String) {
        let json = format!(r#"{{"number":"{number}","gateway":"{gateway}"}}"#);
        (id.to_owned(), json)
    }

    #[test]
    fn no_row_keeps_another_one_out() {
        let good = r#"{"kind":"simulator"}"#;
        let (_, of_other) = sealed("other", good);
        let rows = Rows {
            version: 7,
            gateways: vec![
                ("bad".to_owned(), "no seal".to_owned()),
                sealed("file", good),
                sealed("good", good),
                ("moved".to_owned(), of_other),
                sealed("old", r#"{"kind":"pigeon"}"#),
                sealed("torn", "{"),
            ],
            numbers: vec![
                number("a", "+14155550101", "good"),
                number("b", "+14155550101", "good"),
                number("c", "+14155550102", "bad"),
                number("d", "+14155550103", "file"),
                number("file", "+14155550104", "good"),
                ("torn".to_owned(), "{".to_owned()),
            ],
        };
        let in_force = InForce::compose(&file(), &rows);
        let gateways: Vec<_> = in_force.config.gateways.iter().map(Gateway::id).collect();
        let numbers = in_force.config.numbers.iter().map(|it| it.id.as_str());
        assert_eq!(gateways, ["file", "good"]);
        assert_eq!(numbers.collect::<Vec<_>>(), ["file", "a", "d"]);
        let off: Vec<_> = in_force.off().map(|(what, id, _)| (what, id)).collect();
        let gateways = ["bad", "file", "moved", "old", "torn"].map(|id| ("gateway", id));
        let numbers = ["b", "c", "file", "torn"].map(|id| ("number", id));
        assert_eq!(off, [&gateways[..], &numbers[..]].concat());
        for (_, id, off) in in_force.off() {
            assert!(!off.says().is_empty() && !off.advice().is_empty(), "{id}");
        }
    }

    #[test]
    fn a_gateway_is_the_same_until_its_row_or_its_place_changes() {
        let of = |gateways| {
            let rows = Rows {
                gateways,
                ..Rows::default()
            };
            InForce::compose(&file(), &rows)
        };
        let first = sealed("good", r#"{"kind":"simulator"}"#);
        let other = sealed("good", r#"{"kind":"simulator","secret":"x"}"#);
        let (one, two) = (of(vec![first.clone()]), of(vec![other]));
        assert!(of(vec![first]).has_same_gateway(&one, "good"));
        assert!(!two.has_same_gateway(&one, "good"));
        assert!(two.has_same_gateway(&one, "file"));
        assert!(!of(vec![]).has_same_gateway(&one, "good"));
    }
}
