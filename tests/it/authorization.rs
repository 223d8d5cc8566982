//! The authorization matrix: everybody who could ask, at every endpoint and with every frame.
//!
//! The endpoints are those of the OpenAPI document, the frames those that the code reads; what
//! has no line in `authorization.txt` fails here.

use crate::support::panel::message_id;
use crate::support::service::{Answer, Setup, send};
use crate::support::{Panel, Service, at, eventually};
use reqwest::Method;
use riverline::http::ws::ClientFrame;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("authorization.txt");
const COLUMNS: usize = 8;
const GUS: &str = "seed_gus_dales_id";

/// Who asks; the order of the table's columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Owner,
    Number,
    Other,
    Gone,
    Nobody,
    Admin,
    Key,
    Bare,
}

const ROLES: [Role; COLUMNS] = [
    Role::Owner,
    Role::Number,
    Role::Other,
    Role::Gone,
    Role::Nobody,
    Role::Admin,
    Role::Key,
    Role::Bare,
];

impl Role {
    /// The Sugar user, if it is one.
    fn user(self) -> Option<&'static str> {
        match self {
            Self::Owner => Some("sally"),
            Self::Number => Some("sarah"),
            Self::Other => Some("will"),
            Self::Gone => Some("jim"),
            Self::Admin => Some("admin"),
            Self::Nobody | Self::Key | Self::Bare => None,
        }
    }
}

/// One line of the table.
struct Row {
    /// `METHOD` or `FRAME`, a blank, the path or type.
    operation: &'static str,
    body: Option<&'static str>,
    answers: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter(|line| !line.trim().is_empty()).map(|line| {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [operation, body, answers @ ..] = cells.as_slice() else {
            panic!("not a line of the table: {line}");
        };
        assert_eq!(answers.len(), COLUMNS, "answers in: {line}");
        Row {
            operation,
            body: Some(*body).filter(|body| *body != "-"),
            answers: answers.to_vec(),
        }
    });
    rows.collect()
}

fn document() -> Value {
    serde_json::from_str(&riverline::http::openapi::openapi_json()).unwrap()
}

/// The operations of the document and the frames that the code reads.
fn operations() -> BTreeSet<String> {
    let document = document();
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    // The words of this error list the types there are.
    let unknown = serde_json::from_value::<ClientFrame>(json!({"type": "?"})).unwrap_err();
    let words = unknown.to_string();
    let (_, list) = words.split_once("expected one of ").unwrap();
    let types = list.split('`').skip(1).step_by(2);
    operations.extend(types.map(|frame| format!("FRAME {frame}")));
    operations
}

#[test]
fn every_endpoint_and_frame_has_a_line_in_the_table() {
    let operations = operations();
    assert!(operations.contains("FRAME send") && operations.contains("GET /v1/state"));
    let rows = rows();
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.operation).collect();
    let missing: Vec<String> = operations
        .iter()
        .filter(|operation| !listed.contains(operation.as_str()))
        .map(|operation| format!("{operation} | {{}}{}", " | ?".repeat(COLUMNS)))
        .collect();
    assert!(
        missing.is_empty(),
        "say in tests/it/authorization.txt who may do this, by adding:\n{}\n\
         then run `cargo test --test it authorization`, which says what to write for each ?",
        missing.join("\n")
    );
    let gone: Vec<&&str> = listed
        .iter()
        .filter(|operation| !operations.contains(**operation))
        .collect();
    assert!(gone.is_empty(), "remove from the table: {gone:?}");
}

/// The service with an open session, and a token for everybody.
struct Scene {
    service: Service,
    tokens: [Option<String>; COLUMNS],
    sugar_tokens: [Option<String>; COLUMNS],
    session: String,
    message: String,
}

impl Scene {
    async fn set() -> Self {
        let usual = Setup {
            sets: &[
                "limits.failed_tokens_per_minute=100000",
                "sms.reopen_s=0",
                "sugar.users_s=1",
            ],
            of_number: "members = [\"seed_sally_id\", \"seed_sarah_id\", \"seed_jim_id\", \"1\"]\n",
            ..Setup::default()
        };
        let service = usual.start().await;
        let (key, bare) = (service.key(&[]), service.key(&["--scopes", "chat:send"]));
        let mut scene = Self {
            service,
            tokens: Default::default(),
            sugar_tokens: Default::default(),
            session: String::new(),
            message: String::new(),
        };
        for role in ROLES {
            scene.sign_in(role).await;
        }
        scene.tokens[Role::Key as usize] = Some(key);
        scene.tokens[Role::Bare as usize] = Some(bare);
        scene.deactivate_jim().await;
        scene.renew().await;
        scene
    }

    async fn sign_in(&mut self, role: Role) {
        let Some(user) = role.user() else { return };
        let signed_in = self.service.sign_in(user).await;
        self.tokens[role as usize] = Some(signed_in.token.clone());
        self.sugar_tokens[role as usize] = Some(signed_in.sugar_token.clone());
    }

    async fn deactivate_jim(&self) {
        let admin = self.sugar_tokens[Role::Admin as usize].as_deref();
        let inactive = Some(json!({"status": "Inactive"}));
        let sugar = &self.service.sugar;
        sugar
            .rest(Method::PUT, "Users/seed_jim_id", admin, inactive)
            .await;
        eventually("jim is out", || async {
            let answer = self.call(Role::Gone, Method::GET, "/v1/state", None).await;
            (answer.status == 401).then_some(())
        })
        .await;
    }

    /// A new open session of sally's with one message.
    async fn renew(&mut self) {
        if !self.session.is_empty() {
            let close = format!("/v1/sms-sessions/{}/close", self.session);
            let body = Some(json!({}));
            self.call(Role::Admin, Method::POST, &close, body)
                .await
                .ok();
        }
        let wanted = Some(json!({"module": "Contacts", "record_id": GUS}));
        let opened = self.call(Role::Owner, Method::POST, "/v1/sms-sessions", wanted);
        self.session = at(&opened.await.ok(), "id").to_owned();
        let say = format!("/v1/conversations/{}/messages", self.session);
        let text = Some(json!({"text": "Hello"}));
        let said = self.call(Role::Owner, Method::POST, &say, text).await.ok();
        self.message = at(&said, "id").to_owned();
    }

    async fn call(&self, role: Role, method: Method, path: &str, body: Option<Value>) -> Answer {
        // Sugar keeps one login of a user and platform, so a call for sign-in uses the same one.
        let asks_with_sugar = path == "/v1/sign-in" && method == Method::POST;
        let token = match role.user() {
            Some(_) if asks_with_sugar => &self.sugar_tokens[role as usize],
            _ => &self.tokens[role as usize],
        };
        let mut request = self.service.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(sugar) = &self.sugar_tokens[role as usize] {
            request = request.header("Sugar-Token", sugar);
        }
        send(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    fn body(&self, row: &Row, token: &str) -> Option<Value> {
        let text = row.body?;
        let text = text
            .replace("$session", &self.session)
            .replace("$message", &self.message)
            .replace("$token", token)
            .replace("$new", &message_id());
        Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")))
    }

    /// What a role is answered at an endpoint.
    async fn endpoint(&mut self, row: &Row, role: Role) -> String {
        let (method, path) = row.operation.split_once(' ').unwrap();
        let path = filled(path, &self.session);
        let method: Method = method.parse().unwrap();
        let body = self.body(row, "");
        let answer = self.call(role, method.clone(), &path, body).await;
        if answer.status.is_success() {
            if method == Method::DELETE && path == "/v1/sign-in" {
                self.sign_in(role).await;
            }
            if method != Method::GET {
                self.renew().await;
            }
            return answer.status.as_u16().to_string();
        }
        let (status, code) = answer.problem();
        format!("{status}:{code}")
    }

    /// What a role is answered to a frame.
    async fn frame(&self, row: &Row, role: Role, wanted: &str) -> String {
        let (_, kind) = row.operation.split_once(' ').unwrap();
        let token = self.tokens[role as usize].as_deref();
        let mut frame = self.body(row, token.unwrap_or("none")).unwrap();
        frame["type"] = kind.into();
        let mut panel = Panel::silent(&self.service.url).await;
        if kind != "hello"
            && let Some(token) = token
        {
            panel.send(&json!({"type": "hello", "token": token})).await;
        }
        panel.send(&frame).await;
        if wanted == "silent" {
            panel.send(&json!({"type": "ping"})).await;
        }
        loop {
            let said = match panel.frame_or_close().await {
                Ok(said) => said,
                Err(closed) => return format!("close:{}", closed.code),
            };
            match at(&said, "type") {
                "ok" => return "ok".to_owned(),
                "error" => return format!("error:{}", at(&said, "problem.code")),
                "welcome" if kind == "hello" => return "ok".to_owned(),
                "pong" if kind == "ping" => return "ok".to_owned(),
                "pong" => return "silent".to_owned(),
                _ => {}
            }
        }
    }
}

fn filled(path: &str, session: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{id}" => session.to_owned(),
        "{message_id}" => message_id(),
        part if part.starts_with('{') => "x".to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn everybody_gets_what_the_table_says() {
    let mut scene = Scene::set().await;
    let mut wrong = Vec::new();
    for row in rows() {
        let mut answers = Vec::new();
        for (role, wanted) in ROLES.into_iter().zip(&row.answers) {
            answers.push(if row.operation.starts_with("FRAME ") {
                scene.frame(&row, role, wanted).await
            } else {
                scene.endpoint(&row, role).await
            });
        }
        if answers != row.answers {
            let body = row.body.unwrap_or("-");
            let answers = answers.join(" | ");
            wrong.push(format!("{} | {body} | {answers}", row.operation));
        }
    }
    assert!(
        wrong.is_empty(),
        "tests/it/authorization.txt says otherwise than the service answers:\n{}",
        wrong.join("\n")
    );
}
