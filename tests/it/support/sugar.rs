//! The stand-in Sugar (`tests/sugar/serve`) as a process of one test.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use riverline::config;
use riverline::gateways::crm::{SugarToken, UserProof};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Installing the package and starting PHP takes a second; a busy machine gets much more.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running stand-in; gone with its data when dropped.
pub struct Sugar {
    /// Its address, without a slash at the end.
    pub url: String,
    process: Child,
    folder: TempDir,
    http: reqwest::Client,
}

impl Sugar {
    /// Starts one with our package installed.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join(riverline::package::file_name());
        std::fs::write(&zip, riverline::package::build().unwrap()).unwrap();
        Self::launch(folder, Some(&zip)).await
    }

    /// Starts one that never heard of us.
    pub async fn without_package() -> Self {
        Self::launch(tempfile::tempdir().unwrap(), None).await
    }

    async fn launch(folder: TempDir, zip: Option<&Path>) -> Self {
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sugar/serve");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(script);
        command.arg("--port").arg(port.to_string());
        command.arg("--data").arg(folder.path().join("sugar"));
        if let Some(zip) = zip {
            command.arg("--zip").arg(zip);
        }
        // A group of its own: PHP has workers, and all of them must go.
        let command = command.process_group(0).stdin(Stdio::null());
        let command = command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut sugar = Self {
            url: format!("http://127.0.0.1:{port}"),
            process: command.spawn().unwrap(),
            folder,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        sugar.wait_until_it_answers().await;
        sugar
    }

    async fn wait_until_it_answers(&mut self) {
        let deadline = Instant::now() + START_TIMEOUT;
        while self.http.get(&self.url).send().await.is_err() {
            let ended = self.process.try_wait().unwrap();
            let in_time = Instant::now() < deadline;
            if ended.is_some() || !in_time {
                let log = std::fs::read_to_string(self.folder.path().join("log"));
                panic!(
                    "the stand-in Sugar did not start ({ended:?}):\n{}",
                    log.unwrap()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The service's settings for it.
    pub fn settings(&self) -> config::Sugar {
        config::Sugar {
            url: Some(self.url.parse().unwrap()),
            username: Some("riverline".to_owned()),
            password: Some("riverline".into()),
            ..config::Sugar::default()
        }
    }

    /// Signs a user in as the browser does; the password is the user name.
    pub async fn token_of(&self, user: &str) -> UserProof {
        UserProof::Token(SugarToken::new(self.sign_in(user, "base").await))
    }

    /// Signs a user in on a platform and returns the access token.
    pub async fn sign_in(&self, user: &str, platform: &str) -> String {
        let body = json!({
            "grant_type": "password", "username": user, "password": user,
            "client_id": "sugar", "client_secret": "", "platform": platform,
        });
        let answer = self
            .rest(Method::POST, "oauth2/token", None, Some(body))
            .await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// One REST call of its own, as a user; panics unless it succeeds.
    pub async fn rest(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Value {
        let url = format!("{}/rest/v11/{path}", self.url);
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.header("OAuth-Token", token);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Turns one of the stand-in's switches, such as `maintenance`.
    pub async fn switch(&self, name: &str, value: impl Into<Value>) {
        self.set_switch(json!({"name": name, "value": value.into()}))
            .await;
    }

    /// Turns a switch for the next use only.
    pub async fn switch_once(&self, name: &str, value: impl Into<Value>) {
        self.set_switch(json!({"name": name, "value": value.into(), "times": 1}))
            .await;
    }

    /// Turns a switch for the paths that match a regular expression.
    pub async fn switch_for(&self, name: &str, value: impl Into<Value>, path: &str) {
        self.set_switch(json!({"name": name, "value": value.into(), "path": path}))
            .await;
    }

    /// Turns a switch as the stand-in takes it: `times`, `path`.
    pub async fn set_switch(&self, body: Value) {
        let url = format!("{}/__standin/switch", self.url);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// How often something happened, such as `login riverline riverline`.
    pub async fn count(&self, of: &str) -> u64 {
        let url = format!("{}/__standin/counters", self.url);
        let answer = self.http.get(url).send().await.unwrap();
        let counters: Value = answer.json().await.unwrap();
        counters[of].as_u64().unwrap_or(0)
    }

    /// How many requests came in all.
    pub async fn requests(&self) -> u64 {
        let url = format!("{}/__standin/counters", self.url);
        let answer = self.http.get(url).send().await.unwrap();
        let counters: Value = answer.json().await.unwrap();
        let counters = counters.as_object().unwrap();
        let of = counters
            .iter()
            .filter(|(name, _)| name.starts_with("request "));
        of.filter_map(|(_, value)| value.as_u64()).sum()
    }

    /// How many requests came with a method to a route, whose places are `:name`.
    pub async fn requests_of(&self, method: &str, route: &str) -> u64 {
        self.count(&format!("request {method} {route}")).await
    }

    /// A value of Sugar's `config` table.
    pub async fn setting(&self, category: &str, name: &str) -> Value {
        let url = format!(
            "{}/__standin/setting?category={category}&name={name}",
            self.url
        );
        let answer = self.http.get(url).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["value"].clone()
    }

    /// All rows of a module as they are stored, deleted ones too.
    pub async fn records(&self, module: &str) -> Vec<Value> {
        let url = format!("{}/__standin/records?module={module}", self.url);
        let answer = self.http.get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Adds plain contacts, `bulk_contact_0` and so on, each with a mobile number of its own.
    pub async fn contacts(&self, count: usize) {
        let url = format!("{}/__standin/contacts", self.url);
        let body = json!({"count": count});
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// The text of a file.
    pub async fn text(&self, path: &str, token: &str) -> String {
        let url = format!("{}/rest/v11/{path}", self.url);
        let request = self.http.get(url).header("OAuth-Token", token);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// The requests it refused because no reference says that Sugar has them.
    pub async fn refused(&self) -> Value {
        let url = format!("{}/__standin/refused", self.url);
        let answer = self.http.get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

impl Drop for Sugar {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

/// A port below the range of outgoing connections: one of those could take it before PHP starts.
/// No two tests of this process get the same one.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut random = [0_u8; 2];
    loop {
        getrandom::fill(&mut random).unwrap();
        let port = 20_000 + u16::from_le_bytes(random) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && TAKEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}
