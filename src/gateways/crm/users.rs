//! Sugar's users in our words (`sugar-server.md`, sections 2.2 and 8).

use serde_json::{Value, json};

use super::answers::{endless, flag, incomplete, text};
use super::rest::Call;
use super::sugar::{MAX_PAGES, PAGE, Sugar};
use super::{CrmError, CrmUser, UserKind};
use crate::domain::clock::Timestamp;
use crate::domain::habits::Habits;

pub(super) const USER_FIELDS: &str = "id,user_name,first_name,last_name,name,full_name,title,department,picture,status,is_admin,\
     is_group,portal_only,deleted,date_modified";

impl Sugar {
    /// Reads users without the service's own.
    ///
    /// Not by offset: one who is deactivated between two pages would shift it, and whoever is
    /// skipped then would count as gone.
    pub(super) async fn filtered_users(
        &self,
        filter: &Value,
        deleted: bool,
    ) -> Result<Vec<CrmUser>, CrmError> {
        let mut users = Vec::new();
        let mut after = String::new();
        for _ in 0..MAX_PAGES {
            let body = json!({
                "filter": [filter, {"id": {"$gt": after}}],
                "deleted": deleted,
                "fields": USER_FIELDS,
                "order_by": "id:ASC",
                "max_num": PAGE,
            });
            let call = Call::post(&["Users", "filter"], body);
            let page = self.as_service(&call).await?;
            let records = page["records"].as_array().ok_or_else(incomplete)?;
            users.extend(records.iter().filter_map(user));
            if page["next_offset"].as_u64().is_none() {
                users.retain(|user| !self.is_own(user));
                return Ok(users);
            }
            let last = records.last().and_then(|last| text(&last["id"]));
            after = last.ok_or_else(incomplete)?;
        }
        Err(endless())
    }
}

/// A user of `/me` or `/Users`; `None` without an id.
pub(super) fn user(from: &Value) -> Option<CrmUser> {
    let user_name = text(&from["user_name"]).unwrap_or_default();
    let parts = [&from["first_name"], &from["last_name"]].map(text);
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = text(&from["full_name"]).or_else(|| text(&from["name"]));
    let name = name.unwrap_or(parts);
    let kind = if flag(&from["is_group"]) {
        UserKind::Group
    } else if flag(&from["portal_only"]) {
        UserKind::Portal
    } else {
        UserKind::Person
    };
    Some(CrmUser {
        id: text(&from["id"])?,
        name: if name.is_empty() {
            user_name.clone()
        } else {
            name
        },
        user_name,
        title: text(&from["title"]),
        department: text(&from["department"]),
        picture: text(&from["picture"]),
        // `/me` has no status: whose token works is active.
        active: text(&from["status"]).is_none_or(|status| status == "Active")
            && !flag(&from["deleted"]),
        // `/me` has no such key, and not everybody may read it in a list.
        admin: from
            .get("is_admin")
            .filter(|said| !said.is_null() && *said != "")
            .map(flag),
        kind,
        habits: Habits::default(),
        modified_at: text(&from["date_modified"]).and_then(|text| moment(&text)),
    })
}

/// A moment with its offset, as Sugar's REST writes them.
fn moment(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(moment.as_millisecond()))
}
