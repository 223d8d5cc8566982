//! The service as an admin runs it: the binary, a configuration file, a database of its own.

use super::database::own_database;
use super::{PATIENCE, Panel, Phone, Sugar};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Our number in every test.
pub const OUR_NUMBER: &str = "+14155550100";

/// The secret in the path of the simulator's calls.
pub const GATEWAY_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The key that seals what lies in the database; the same for all nodes.
pub const SEALING_KEY: &str = "6f0c7a1e9b3d5f82406c1a7e5d3b9f8214c6e0a29d7b5f31486a0c2e4d6f8b1a";

/// Settings without caps, for tests that text one number all day.
pub const UNCAPPED: [&str; 7] = [
    "sms.caps.sender_hour=1000000",
    "sms.caps.sender_day=1000000",
    "sms.caps.number_hour=1000000",
    "sms.caps.peer_hour=1000000",
    "sms.caps.peer_day=1000000",
    "sms.caps.prefix_hour=1000000",
    "sms.caps.prefix_day=1000000",
];

/// A running service and the Sugar beside it.
pub struct Service {
    /// The stand-in Sugar; several nodes stand beside one.
    pub sugar: Arc<Sugar>,
    /// Where the public listener is.
    pub url: String,
    /// Where the internal listener is.
    pub internal: String,
    pub(super) database: String,
    folder: TempDir,
    program: Vec<OsString>,
    sets: Vec<String>,
    process: Child,
    log: Arc<Mutex<String>>,
    http: reqwest::Client,
}

/// A signed-in member as REST sees him.
pub struct User<'a> {
    service: &'a Service,
    /// The panel's token.
    pub token: String,
    /// The Sugar access token.
    pub sugar_token: String,
}

/// A service that is started otherwise than usual.
#[derive(Default)]
pub struct Setup<'a> {
    /// The Sugar that it stands beside; its own when there is none.
    pub sugar: Option<Arc<Sugar>>,
    /// Its database; an SQLite file of its own when there is none.
    pub database_url: Option<String>,
    /// The bus to other nodes, if there are some.
    pub bus_url: Option<String>,
    /// More lines of its configuration.
    pub more: String,
    /// What is run, with the arguments before the service's own; the binary when empty.
    pub program: Vec<OsString>,
    /// `--set` flags over the usual settings.
    pub sets: &'a [&'a str],
    /// Further lines of the usual settings, in the table of our number.
    pub of_number: &'a str,
}

impl Setup<'_> {
    /// Starts it.
    pub async fn start(self) -> Service {
        let sugar = match self.sugar {
            Some(sugar) => sugar,
            None => Arc::new(Sugar::start().await),
        };
        let folder = tempfile::tempdir().unwrap();
        let database = self
            .database_url
            .unwrap_or_else(|| own_database(folder.path()));
        let mut settings = settings(&database, &sugar.url) + self.of_number + "\n";
        if !database.starts_with("sqlite:") {
            settings.push_str(&format!("[secrets]\nkey = \"{SEALING_KEY}\"\n"));
        }
        if let Some(url) = self.bus_url {
            settings.push_str(&format!("[bus]\nurl = \"{url}\"\n"));
        }
        settings.push_str(&self.more);
        let config = folder.path().join("riverline.toml");
        std::fs::write(&config, settings).unwrap();
        let program = match self.program.is_empty() {
            true => vec![OsString::from(env!("CARGO_BIN_EXE_riverline"))],
            false => self.program,
        };
        let log = Arc::new(Mutex::new(String::new()));
        let sets: Vec<String> = self.sets.iter().map(|set| (*set).to_owned()).collect();
        let (process, url, internal) = launch(&program, &config, &sets, &log);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Service {
            sugar,
            url,
            internal,
            database,
            folder,
            program,
            sets,
            process,
            log,
            http,
        }
    }
}

/// The usual settings.
fn settings(database_url: &str, sugar_url: &str) -> String {
    format!(
        "[listen]\npublic = \"127.0.0.1:0\"\ninternal = \"127.0.0.1:0\"\n\
         [database]\nurl = \"{database_url}\"\n\
         [sugar]\nurl = \"{sugar_url}\"\nusername = \"riverline\"\npassword = \"riverline\"\n\
         [presence]\ngone_after_s = 1\ngather_ms = 50\n\
         [[gateways]]\nid = \"sim\"\nkind = \"simulator\"\nsecret = \"{GATEWAY_SECRET}\"\n\
         [[numbers]]\nid = \"main\"\nnumber = \"{OUR_NUMBER}\"\ngateway = \"sim\"\nlabel = \"Support\"\n",
    )
}

/// Status and body of an answer.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The JSON body; null when empty.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// The `code` of a problem, after checking that it is a proper one.
    pub fn problem(&self) -> (u16, String) {
        assert!(!self.status.is_success(), "{} {}", self.status, self.body);
        assert_eq!(self.body["status"], self.status.as_u16());
        assert!(
            self.body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty())
        );
        (
            self.status.as_u16(),
            super::at(&self.body, "code").to_owned(),
        )
    }
}

impl Service {
    /// Starts a Sugar and a service with the usual settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with `--set` flags over the usual settings.
    pub async fn with(sets: &[&str]) -> Self {
        let usual = Setup::default();
        Setup { sets, ..usual }.start().await
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("riverline.toml")
    }

    /// Runs another command of the binary with the same configuration.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_riverline"))
            .arg("--config")
            .arg(self.config())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What `/readyz` says.
    pub async fn readiness(&self) -> Value {
        let request = self.http.get(format!("{}/readyz", self.internal));
        send(request).await.body
    }

    /// Makes an API key.
    pub fn key(&self, arguments: &[&str]) -> String {
        let made = self.command(&[&["keys", "add", "--name", "test"], arguments].concat());
        assert!(made.status.success(), "{made:?}");
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("riverline.db")
    }

    /// Everything the service logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// `kill -9`, as a power cut would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Starts again on the same database; on new ports.
    pub fn start_again(&mut self) {
        let config = self.config();
        let (process, url, internal) = launch(&self.program, &config, &self.sets, &self.log);
        (self.process, self.url, self.internal) = (process, url, internal);
    }

    /// Asks the service to stop, as an admin does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Waits until the service has ended.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        super::eventually("the service ends", || {
            let ended = self.process.try_wait().unwrap();
            async move { ended }
        })
        .await
    }

    /// Asks the service to stop and waits until it has.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        self.terminate();
        self.ended().await
    }

    /// Signs a member in over REST.
    pub async fn sign_in(&self, user: &str) -> User<'_> {
        let sugar_token = self.sugar.sign_in(user, "base").await;
        let body = json!({"browser_id": format!("browser of {user}").replace(' ', "-")});
        // As panels do: a service that has just lost its database says 503, and is asked again.
        let answer = super::eventually("the sign-in is answered", || async {
            let body = Some(body.clone());
            let call = self.call(Method::POST, "/v1/sign-in", Some(&sugar_token), body);
            let answer = call.await;
            (answer.status != StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
        })
        .await;
        let token = super::at(&answer.ok(), "token").to_owned();
        User {
            service: self,
            token,
            sugar_token,
        }
    }

    /// Signs a member in and connects his panel.
    pub async fn panel(&self, user: &str) -> Panel {
        let user = self.sign_in(user).await;
        Panel::connect(&self.url, &user.token, None).await
    }

    /// The contact's phone.
    pub fn phone(&self) -> Phone {
        Phone::new(&self.internal)
    }

    /// A REST call with a bearer token.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        send(request).await
    }

    /// A request to be made by hand.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }
}

/// Sends a request and reads its JSON.
pub async fn send(request: reqwest::RequestBuilder) -> Answer {
    let answer = tokio::time::timeout(PATIENCE, request.send())
        .await
        .unwrap()
        .unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status, body }
}

impl User<'_> {
    /// A call of this member's.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.service.request(method, path).bearer_auth(&self.token);
        let request = request.header("Sugar-Token", &self.sugar_token);
        send(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A `POST` that must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, Some(body)).await.ok()
    }

    /// A `GET` that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.ok()
    }

    /// Opens the session for a contact and returns its id.
    pub async fn text_contact(&self, contact: &str) -> String {
        let body = json!({"module": "Contacts", "record_id": contact});
        super::at(&self.post("/v1/sms-sessions", body).await, "id").to_owned()
    }

    /// Opens the chat with a colleague and returns its id.
    pub async fn chat_with(&self, member: &str) -> String {
        let chat = self
            .post("/v1/chats", json!({"member_ids": [member]}))
            .await;
        super::at(&chat, "id").to_owned()
    }

    /// Sends a message over REST.
    pub async fn say(&self, conversation: &str, text: &str) -> Value {
        let path = format!("/v1/conversations/{conversation}/messages");
        self.post(&path, json!({"text": text})).await
    }

    /// The texts of a conversation, oldest first.
    pub async fn texts(&self, conversation: &str) -> Vec<String> {
        let page = self
            .get(&format!(
                "/v1/conversations/{conversation}/messages?limit=100"
            ))
            .await;
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .rev()
            .map(|item| super::at(item, "text").to_owned())
            .collect()
    }

    /// Waits until a message of a conversation is in a state, and returns it.
    pub async fn message_in(&self, conversation: &str, id: &str, state: &str) -> Value {
        super::eventually(&format!("the text is {state}"), || async {
            let path = format!("/v1/conversations/{conversation}/messages?limit=100");
            let page = self.get(&path).await;
            let mut items = page["items"].as_array().unwrap().clone().into_iter();
            items.find(|item| item["id"] == id && item["state"] == state)
        })
        .await
    }

    /// Waits until the Note of a session is in a state, and returns the Note part.
    pub async fn note(&self, session: &str, state: &str) -> Value {
        super::eventually(&format!("the Note is {state}"), || async {
            let found = self.get(&format!("/v1/conversations/{session}")).await;
            let note = found["session"]["note"].clone();
            (note["state"] == state).then_some(note)
        })
        .await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            self.process.wait().unwrap();
        }
        if std::thread::panicking() {
            eprintln!("the service's log:\n{}", self.log());
        }
    }
}

/// Starts the program and waits until it says where it listens.
fn launch(
    program: &[OsString],
    config: &Path,
    sets: &[String],
    log: &Arc<Mutex<String>>,
) -> (Child, String, String) {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).arg("--config").arg(config);
    for set in sets {
        command.arg("--set").arg(set);
    }
    let mut process = command.arg("serve").stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut address = |which: &str| {
        for line in lines.by_ref() {
            log.lock().unwrap().push_str(&format!("{line}\n"));
            if let Some((_, url)) = line.split_once(&format!("{which} listener on ")) {
                return url.to_owned();
            }
        }
        panic!("the service did not start:\n{}", log.lock().unwrap());
    };
    let (public, internal) = (address("public"), address("internal"));
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in lines {
            log.lock().unwrap().push_str(&format!("{line}\n"));
        }
    });
    (process, public, internal)
}
