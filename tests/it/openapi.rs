//! The document: committed, complete, with an example for every body and error.

use crate::support::Service;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

fn document() -> Value {
    serde_json::from_str(&riverline::http::openapi::openapi_json()).unwrap()
}

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == riverline::http::openapi::openapi_json(),
        "run: cargo run -- openapi > openapi/openapi.json"
    );
}

/// The paths of the route table, read from its source: what is not documented fails here.
#[test]
fn every_public_route_is_in_the_document() {
    let source = include_str!("../../src/http/mod.rs");
    let public = source.split("pub fn internal_routes").next().unwrap();
    let paths = public
        .split("resource(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    // Carriers' paths have a secret in them, and the socket is described in openapi/README.md.
    let described_elsewhere = |path: &str| path.starts_with("/gateways/") || path == "/v1/socket";
    let document = document();
    let missing: Vec<&str> = paths
        .filter(|path| !described_elsewhere(path) && document["paths"].get(path).is_none())
        .collect();
    assert!(missing.is_empty(), "not in the document: {missing:?}");
}

#[test]
fn both_security_schemes_are_named_and_every_body_has_an_example() {
    let document = document();
    let schemes = &document["components"]["securitySchemes"];
    assert!(schemes["panel_token"].is_object() && schemes["api_key"].is_object());
    let mut without = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let bodies = std::iter::once(&operation["requestBody"])
                .chain(operation["responses"].as_object().unwrap().values());
            for body in bodies.filter_map(|body| body["content"].as_object()) {
                for content in body.values() {
                    if !has_example(&document, content) {
                        without.push(format!("{method} {path}"));
                    }
                }
            }
        }
    }
    without.dedup();
    assert!(
        without.is_empty(),
        "bodies without an example: {without:#?}"
    );
}

fn has_example(document: &Value, content: &Value) -> bool {
    let schema = &content["schema"];
    let named = schema["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next());
    let resolved = named.map_or(schema, |name| &document["components"]["schemas"][name]);
    let exists = |value: &Value| value.get("example").is_some() || value.get("examples").is_some();
    exists(content) || exists(resolved)
}

#[tokio::test]
async fn the_document_and_its_pages_come_from_the_service_alone() {
    let service = Service::start().await;
    let served = service
        .call(Method::GET, "/openapi.json", None, None)
        .await
        .ok();
    assert_eq!(served, document());
    let page = service.request(Method::GET, "/docs").send().await.unwrap();
    assert_eq!(
        page.headers()["cross-origin-resource-policy"],
        "same-origin"
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains("swagger-ui") && !page.contains("://"),
        "{page}"
    );
}
