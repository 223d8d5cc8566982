//! What an admin meets: defaults, precedence, and messages that say what to write.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    load(text, &[], &[])
}

fn load(text: &str, env: &[(&str, &str)], sets: &[&str]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("riverline.toml");
    std::fs::write(&file, text).unwrap();
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let sets: Vec<_> = sets.iter().map(|set| (*set).to_owned()).collect();
    Config::load(Some(&file), env, &sets)
}

fn errors(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

const COMPLETE: &str = r#"
default_country = "DE"
[sugar]
url = "https://crm.example.com"
username = "riverline"
password = "hunter2-in-file"
[[gateways]]
id = "sim"
kind = "simulator"
[[numbers]]
id = "main"
number = "+4930901820"
gateway = "sim"
members = ["seed_sally_id"]
"#;

#[test]
fn a_complete_file_has_nothing_to_complain_about() {
    let config = parse(COMPLETE).unwrap();
    assert_eq!(config.findings(), []);
    assert_eq!(
        config.numbers[0].members,
        Some(vec!["seed_sally_id".into()])
    );
    assert_eq!(config.gateways[0].id(), "sim");
    assert_eq!(config.allowed_origins(), ["https://crm.example.com"]);
}

#[test]
fn nothing_at_all_gives_the_defaults_and_says_what_is_missing() {
    let config = Config::load(None, std::iter::empty(), &[]).unwrap();
    assert_eq!(config.listen.public.to_string(), "127.0.0.1:8080");
    assert_eq!(config.limits.frame_bytes, 8_192);
    let missing: Vec<_> = config
        .findings()
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.at)
        .collect();
    assert_eq!(missing, ["sugar.url", "sugar.username", "sugar.password"]);
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let text = "[limits]\nchat_chars = 1\nping_s = 1\nwrite_batch = 1";
    let env = [
        ("RIVERLINE_LIMITS__PING_S", "2"),
        ("RIVERLINE_LIMITS__WRITE_BATCH", "2"),
        ("RIVERLINE_LISTEN__PUBLIC", "127.0.0.1:9"),
        ("RIVERLINE_LOG", "debug"),
        ("PATH", "/bin"),
    ];
    let config = load(text, &env, &["limits.write_batch=3"]).unwrap();
    assert_eq!(config.limits.chat_chars, 1);
    assert_eq!(config.limits.ping_s, 2);
    assert_eq!(config.limits.write_batch, 3);
    assert_eq!(config.listen.public.port(), 9);
}

#[test]
fn secrets_come_from_files_and_never_print() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("password");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let set = format!("sugar.password_file={}", secret.display());
    let config = load("[sugar]\npassword = \"other\"", &[], &[&set]).unwrap();
    let password = config.sugar.password.as_ref().unwrap();
    assert_eq!(password.expose_secret(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(!Config::documented().contains("hunter2"));
}

#[test]
fn the_sealing_key_is_read_at_the_edge_and_never_prints() {
    let key = "0123456789abcdef".repeat(4);
    let config = parse(&format!("[secrets]\nkey = \"{key}\"")).unwrap();
    assert!(config.secrets.key.is_some());
    assert!(!format!("{config:?}").contains("0123456789"));
    let words = errors("[secrets]\nkey = \"my-secret-words\"");
    assert!(words.contains("not a key of 32 bytes"), "{words}");
    assert!(words.contains("riverline secrets new-key"), "{words}");
    assert!(!words.contains("my-secret-words"), "{words}");
}

#[test]
fn several_nodes_need_a_key_and_one_that_may_get_company_is_warned() {
    let key = "0123456789abcdef".repeat(4);
    let found = |text: &str| {
        let config = load(text, &[], &[]).unwrap();
        let about = |finding: &Finding| finding.at.contains("secrets.key");
        let finding = config.findings().into_iter().find(about);
        finding.map(|finding| finding.severity)
    };
    let postgres = "[database]\nurl = \"postgres://u@db/riverline\"\n";
    let bus = format!("{postgres}[bus]\nurl = \"nats://bus:4222\"\n");
    assert_eq!(found(""), None);
    assert_eq!(found(postgres), Some(Severity::Warning));
    assert_eq!(found(&bus), Some(Severity::Error));
    let key = format!("[secrets]\nkey = \"{key}\"\n");
    assert_eq!(found(&format!("{postgres}{key}")), None);
    assert_eq!(found(&format!("{bus}{key}")), None);
}

#[test]
fn a_message_about_a_file_with_a_password_never_shows_it() {
    for text in [
        "[sugar]\npassword = hunter2",
        "[sugar]\npassword = \"hunter2",
        "[sugar]\npassword = [\"hunter2\"]",
        "[sugar]\npasword = \"hunter2\"",
        "[sugar]\npassword = \"hunter2\"\npassword = \"hunter2\"",
        "[sugar]\npassword = \"hunter2\"\npassword_file = \"x\"",
    ] {
        assert!(!errors(text).contains("hunter2"), "{}", errors(text));
        assert!(errors(text).contains("line "), "{}", errors(text));
    }
}

#[test]
fn every_unknown_name_is_an_error_that_says_where() {
    let error = errors("publik_url = 1\n\n[limits]\nframe_byte = 1");
    assert!(error.contains("riverline.toml line 1, publik_url: there is no setting"));
    assert!(error.contains("riverline.toml line 4, limits.frame_byte: "));
    assert!(error.contains("frame_bytes"));
    let error = load("", &[("RIVERLINE_SUGAR__URI", "x")], &["nothing", "a.b=c"]);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("RIVERLINE_SUGAR__URI, sugar.uri: "));
    assert!(error.contains("--set: there is no = in it"));
    assert!(error.contains("--set, a.b: "));
}

#[test]
fn wrong_values_say_what_to_write() {
    for (text, expected) in [
        (
            "[limits]\nping_s = \"x\"",
            "limits.ping_s: this is not of the right form; write a whole number",
        ),
        ("[limits]\nping_s = -1", "a number that does not fit"),
        (
            "[limits]\nframe_bytes = 1",
            "1 is out of range; write a number from 1024 to 1048576",
        ),
        (
            "[limits]\nping_s = 59",
            "line 2, limits.ping_s: 59 is more than",
        ),
        (
            "[limits]\nframe_bytes = 2048",
            "line 1, limits.hello_frame_bytes: 4096 is more than",
        ),
        ("[listen]\npublic = \"8080\"", "such as \"127.0.0.1:8080\""),
        ("listen = 1", "write a table: [listen]"),
        ("numbers = 1", "write it in square brackets"),
        ("default_country = \"Germany\"", "such as US or DE"),
        ("default_country = \"XX\"", "such as US or DE"),
        ("[sugar]\nrest_version = \"11.10\"", "write v11"),
        ("[sugar]\nurl = \"crm.example.com\"", "not a complete URL"),
        (
            "[sugar]\nurl = \"ftp://crm.example.com\"",
            "not an http or https URL",
        ),
        (
            "[sugar]\nurl = \"https://crm.example.com/rest/v11\"",
            "write https://crm.example.com",
        ),
        (
            "[sugar]\nurl = \"https://u:p@crm.example.com\"",
            "does not belong here",
        ),
        (
            "[sugar]\nurl = \"http://crm.example.com\"",
            "sugar.allow_http",
        ),
        (
            "[sugar]\norigins = [\"https://crm.example.com/\"]",
            "sugar.origins[0]",
        ),
        ("[sugar]\norigins = [\"*\"]", "sugar.origins[0]"),
        ("[sugar]\nsign_in = \"cookie\"", "write token or assertion"),
        ("[sugar]\nsign_in = \"assertion\"", "sugar.assertion_key"),
        ("[sugar]\nassertion_key = \"short\"", "could be guessed"),
        ("[[gateways]]\nid = \"a\"", "write kind = \"simulator\""),
        (
            "[[gateways]]\nkind = \"simulator\"\nid = \"a b\"",
            "gateways[0].id: `a b` is not a short name",
        ),
        (
            "[[gateways]]\nkind = \"simulator\"\npassword = 1",
            "gateways[0].password: there is no setting",
        ),
        (
            "[[numbers]]\nid = \"a\"\nnumber = \"+15550100\"\ngateway = \"x\"",
            "there is no gateway `x`",
        ),
        (
            "[[numbers]]\nid = \"a\"\nnumber = \"415 555 2671\"\ngateway = \"x\"",
            "digits only, like +14155550100",
        ),
    ] {
        let error = errors(text);
        assert!(error.contains(expected), "{text}\n{error}");
        assert!(error.contains("riverline.toml line "), "{text}\n{error}");
    }
}

#[test]
fn an_unclear_database_is_refused_and_never_becomes_a_file() {
    let url = |url: &str| parse(&format!("[database]\nurl = \"{url}\""));
    for (good, path) in [
        ("sqlite://riverline.db", "riverline.db"),
        ("sqlite:riverline.db", "riverline.db"),
        ("sqlite:///var/lib/riverline.db", "/var/lib/riverline.db"),
    ] {
        let expected = DatabaseUrl::Sqlite(path.into());
        assert_eq!(url(good).unwrap().database.url, expected);
    }
    for bad in [
        "riverline.db",
        "",
        "sqlite:",
        "sqlite://",
        "sqlite://data/",
        "sqlite::memory:",
        "sqlite://x?mode=memory",
        "mysql://h/d",
        "sqllite://x",
        "postgress://h/d",
        "C:/data.db",
    ] {
        assert!(
            url(bad).unwrap_err().to_string().contains("write "),
            "{bad}"
        );
    }
    for bad in [
        "postgres:",
        "postgres://",
        "postgres://host",
        "postgres://h/",
        "postgres:///d",
    ] {
        let refusal = url(bad).unwrap_err().to_string();
        assert!(
            refusal.contains("postgres://user:password@host/database"),
            "{bad}"
        );
    }
}

#[test]
fn the_password_of_the_database_is_never_shown() {
    let config =
        parse("[database]\nurl = \"postgres://me:hunter2@h/d?sslpassword=hunter3\"").unwrap();
    let DatabaseUrl::Postgres(url) = config.database.url else {
        panic!("this is PostgreSQL");
    };
    let given = "postgres://me:hunter2@h/d?sslpassword=hunter3&connect_timeout=3&";
    assert!(url.expose().starts_with(given));
    assert!(parse("[database]\nurl = \"postgres://me:p%zz@h/d\"").is_err());
    assert_eq!(
        format!("{url} {url:?}"),
        "postgres://me:...@h/d postgres://me:...@h/d"
    );
}

#[test]
fn several_nodes_need_a_database_for_several() {
    let with = |database: &str| {
        parse(&format!(
            "[database]\nurl = \"{database}\"\n[bus]\nurl = \"nats://127.0.0.1\""
        ))
    };
    assert!(with("postgres://h/d").is_ok());
    let refusal = with("sqlite://x.db").unwrap_err().to_string();
    assert!(refusal.contains("several nodes cannot share a SQLite file"));
    let refusal = parse("[bus]\nurl = \"not a server\"")
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("nats://bus.example.com:4222"));
}

#[test]
fn names_and_numbers_are_unique() {
    let twice = COMPLETE.replace(
        "[[numbers]]",
        "[[gateways]]\nkind = \"simulator\"\nid = \"sim\"\n[[numbers]]\nid = \"main\"\n\
         number = \"+4930901820\"\ngateway = \"sim\"\n[[numbers]]",
    );
    let error = errors(&twice);
    for place in ["gateways[1].id", "numbers[1].id", "numbers[1].number"] {
        assert!(error.contains(place), "{error}");
    }
}

#[test]
fn secrets_are_refused_on_the_command_line() {
    let error = load("", &[], &["sugar.password=hunter2"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("sugar.password_file") && !error.contains("hunter2"));
}

#[test]
fn the_documented_file_means_the_same_as_no_file() {
    let documented = Config::documented();
    assert_eq!(
        format!("{:?}", parse(&documented).unwrap()),
        format!("{:?}", Config::default())
    );
    // With the defaults switched on it still reads, so the comments show what may be written.
    let is_setting = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(name, _)| !name[2..].contains(' '))
    };
    let switched_on: String = documented
        .lines()
        .take_while(|line| !line.starts_with("# [["))
        .map(|line| {
            if is_setting(line) {
                format!("{}\n", &line[2..])
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    assert!(
        switched_on.contains("\nframe_bytes = 8192\n"),
        "{switched_on}"
    );
    assert_eq!(
        format!("{:?}", parse(&switched_on).unwrap()),
        format!("{:?}", Config::default())
    );
}

#[test]
fn a_kannel_is_reached_safely_and_cannot_be_pretended() {
    let gateway = |lines: &str| {
        let text = format!("[[gateways]]\nid = \"k\"\nkind = \"kannel\"\n{lines}");
        parse(&text).map(|_| ()).map_err(|error| error.to_string())
    };
    let bare = gateway("").unwrap_err();
    for needed in ["secret", "send_url", "username"] {
        assert!(bare.contains(&format!("gateways[0].{needed}")), "{bare}");
    }
    let with = |secret: &str, url: &str| {
        gateway(&format!(
            "secret = \"{secret}\"\nsend_url = \"{url}\"\nusername = \"u\"\npassword = \"p\""
        ))
    };
    let long = "0123456789abcdef0123456789abcdef";
    with(long, "https://sms.example.com/cgi-bin/sendsms").unwrap();
    with(long, "http://127.0.0.1:13013/cgi-bin/sendsms").unwrap();
    let plain = with(long, "http://sms.example.com/cgi-bin/sendsms").unwrap_err();
    assert!(plain.contains("allow_http = true"), "{plain}");
    let weak = with("hunter2", "https://sms.example.com/").unwrap_err();
    assert!(weak.contains("can be guessed"), "{weak}");
    assert!(!weak.contains("hunter2"), "{weak}");
}

#[test]
fn the_public_address_is_derived_or_configured() {
    let bound: SocketAddr = "127.0.0.1:4711".parse().unwrap();
    assert_eq!(
        Config::default().public_address(bound),
        "http://127.0.0.1:4711"
    );
    let config = parse("public_url = \"https://chat.example.com/\"").unwrap();
    assert_eq!(config.public_address(bound), "https://chat.example.com");
    let open = parse("[listen]\npublic = \"0.0.0.0:8080\"").unwrap();
    assert!(
        open.findings()
            .iter()
            .any(|finding| finding.at == "public_url")
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}", name in "[A-Z_]{0,20}", value in "\\PC{0,9}") {
        let _ = source::from_toml("file", &text, &mut Problems::default());
        let variable = (format!("RIVERLINE_{name}"), value.clone());
        let _ = Config::load(None, std::iter::once(variable), &[text.clone(), format!("sugar.url={value}")]);
    }
}
