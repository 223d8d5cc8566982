//! Several calls in one request (`sugar-server.md`, 2.10).

use serde_json::{Value, json};

use super::CrmError;
use super::rest::{Answer, Rest};

/// One call among several: a `POST` when there is a body, else a `GET`.
pub(super) struct Part {
    /// Below the REST version, such as `Contacts/filter`.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// The body of the request that makes all calls.
pub(super) fn request(rest: &Rest, parts: &[Part]) -> Value {
    let request = |part: &Part| {
        let url = rest.path_with_version(&part.path);
        match &part.body {
            // Sugar wants the inner body as text.
            Some(body) => json!({"url": url, "method": "POST", "data": body.to_string()}),
            None => json!({"url": url, "method": "GET"}),
        }
    };
    json!({"requests": parts.iter().map(request).collect::<Vec<_>>()})
}

/// What each call was answered, in the order of the calls; one failure does not touch the others.
pub(super) fn answers(
    body: Value,
    parts: &[Part],
) -> Result<Vec<Result<Value, CrmError>>, CrmError> {
    let wrong = CrmError::BadAnswer {
        status: 200,
        reason: "not one answer for each call",
    };
    match body {
        Value::Array(answers) if answers.len() == parts.len() => {
            Ok(answers.into_iter().map(answer).collect())
        }
        _ => Err(wrong),
    }
}

fn answer(mut of: Value) -> Result<Value, CrmError> {
    let status = of["status"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    let answer = Answer {
        // Without a status it is no answer of Sugar's.
        status: status.unwrap_or(500),
        body: of["contents"].take(),
    };
    answer.into_success()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn part(module: &str) -> Part {
        Part {
            path: format!("{module}/filter"),
            body: Some(json!({"max_num": 1})),
        }
    }

    #[test]
    fn the_inner_calls_name_the_version_and_carry_text() {
        let site = "https://crm.example.com".parse().unwrap();
        let rest = Rest::new(&site, "v11_4", Duration::from_secs(1)).unwrap();
        let body = request(&rest, &[part("Leads")]);
        let inner = &body["requests"][0];
        assert_eq!(inner["url"], "/v11_4/Leads/filter");
        assert_eq!(inner["data"], r#"{"max_num":1}"#);
    }

    #[test]
    fn one_failure_is_only_its_own() {
        let parts = [part("Contacts"), part("Leads"), part("Accounts")];
        let body = json!([
            {"contents": {"records": []}, "headers": {}, "status": 200, "status_text": "OK"},
            {"contents": {"error": "not_authorized", "error_message": "nein"}, "status": 403},
            {"contents": null},
        ]);
        let answers = answers(body, &parts).unwrap();
        assert!(answers[0].is_ok());
        assert!(matches!(
            &answers[1],
            Err(CrmError::Refused { status: 403, .. })
        ));
        assert!(answers[2].as_ref().is_err_and(CrmError::is_temporary));
    }

    #[test]
    fn too_few_answers_are_none() {
        let parts = [part("Contacts"), part("Leads")];
        for body in [json!([]), json!({"error": "x"}), json!([{}])] {
            assert!(answers(body, &parts).is_err());
        }
    }
}
