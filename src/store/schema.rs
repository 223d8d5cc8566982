//! The tables, with types that every backend shares.

diesel::table! {
    member (id) {
        id -> Text, name -> Text, title -> Nullable<Text>, department -> Nullable<Text>,
        time_zone -> Nullable<Text>, active -> Bool, presence_choice -> Text,
        date_format -> Nullable<Text>, time_format -> Nullable<Text>,
        picture -> Nullable<Text>,
    }
}
diesel::table! {
    sign_in (token_hash) {
        token_hash -> Text, member_id -> Text, browser_id -> Text, admin -> Bool, expires_at -> BigInt,
    }
}
diesel::table! {
    api_key (id) {
        id -> Text, secret_hash -> Text, name -> Text, scopes -> Text, numbers -> Text,
        created_at -> BigInt, last_used_at -> Nullable<BigInt>, revoked_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    number (id) {
        id -> Text, e164 -> Text, label -> Text, gateway_id -> Text, free_at -> BigInt,
        paced_until -> BigInt,
    }
}
diesel::table! {
    conversation (id) { id -> Text, kind -> Text, chat_key -> Nullable<Text>, created_at -> BigInt, }
}
diesel::table! {
    participant (conversation_id, member_id) {
        conversation_id -> Text, member_id -> Text, read_seq -> BigInt, left_at -> Nullable<BigInt>,
        refused -> Bool, proved_at -> BigInt,
    }
}
diesel::table! {
    sms_session (conversation_id) {
        conversation_id -> Text, number_id -> Text, peer -> Text,
        record_module -> Nullable<Text>, record_id -> Nullable<Text>, owner_id -> Nullable<Text>,
        state -> Text, opened_at -> BigInt, closed_at -> Nullable<BigInt>,
        note_state -> Text, note_id -> Nullable<Text>, note_reason -> Nullable<Text>,
        record_match -> Text,
    }
}
diesel::table! {
    record_choice (peer) {
        peer -> Text, record_module -> Text, record_id -> Text, chosen_at -> BigInt,
    }
}
diesel::table! {
    record_reading (record_module, record_id) {
        record_module -> Text, record_id -> Text, do_not_text -> Bool, country -> Nullable<Text>,
        zones -> Text, read_at -> BigInt,
    }
}
diesel::table! {
    message (seq) {
        seq -> BigInt, id -> Text, conversation_id -> Text, sender_kind -> Text, sender_id -> Text,
        text -> Text, state -> Text, reason -> Nullable<Text>, gateway_id -> Nullable<Text>,
        provider_id -> Nullable<Text>, created_at -> BigInt,
        parts -> Nullable<Integer>, due_at -> Nullable<BigInt>, resend_of -> Nullable<Text>,
        sent_at -> Nullable<BigInt>, pictures -> Nullable<Text>,
    }
}
diesel::table! {
    held_call (id) {
        id -> Text, gateway_id -> Text, digest -> Text, why -> Text, reason -> Text, call -> Text,
        times -> BigInt, received_at -> BigInt,
    }
}
diesel::table! {
    proven_gateway (gateway_id) { gateway_id -> Text, since -> BigInt, }
}
diesel::table! {
    text_part (gateway_id, provider_id) {
        gateway_id -> Text, provider_id -> Text, own_number -> Text, peer -> Text,
        reference -> Text, number -> Integer, total -> Integer, text -> Text,
        sent_at -> Nullable<BigInt>, received_at -> BigInt, message_id -> Nullable<Text>,
    }
}
diesel::table! {
    early_receipt (gateway_id, provider_id, state) {
        gateway_id -> Text, provider_id -> Text, state -> Text, reason -> Nullable<Text>,
        opted_out -> Bool, received_at -> BigInt,
    }
}
diesel::table! {
    part_receipt (message_id, provider_id) {
        message_id -> Text, provider_id -> Text, received_at -> BigInt,
    }
}
diesel::table! {
    fetched_until (number_id) { number_id -> Text, at -> BigInt, }
}
diesel::table! {
    picture (id) {
        id -> Text, message_id -> Text, gateway_id -> Text, url -> Nullable<Text>,
        told_type -> Text, content -> Nullable<Binary>,
    }
}
diesel::table! {
    attempt (id) {
        id -> Text, message_id -> Text, outcome -> Text, started_at -> BigInt,
        finished_at -> Nullable<BigInt>, code -> Nullable<Text>,
    }
}
diesel::table! {
    consent_event (id) {
        id -> Text, number_id -> Text, peer -> Text, kind -> Text, source -> Text,
        who -> Nullable<Text>, text -> Nullable<Text>, at -> BigInt, request -> Nullable<Text>,
    }
}
diesel::table! {
    opt_out (number_id, peer) { number_id -> Text, peer -> Text, since -> BigInt, }
}
diesel::table! {
    sent_count (scope, period) { scope -> Text, period -> BigInt, count -> BigInt, }
}
diesel::table! {
    outbox (id) {
        id -> BigInt, kind -> Text, subject -> Text, lane -> Text, due_at -> BigInt, tries -> Integer,
        lease_until -> BigInt, generation -> BigInt, parked -> Bool, last_error -> Nullable<Text>,
        created_at -> BigInt, node_id -> Nullable<Text>,
    }
}
diesel::table! {
    note_work (conversation_id) {
        conversation_id -> Text, unsure_until -> Nullable<BigInt>, text_hashes -> Text, marks -> Text,
        offered_marks -> Nullable<Text>,
        edited -> Bool, attached_hash -> Nullable<Text>, record_module -> Nullable<Text>,
        record_id -> Nullable<Text>,
    }
}
diesel::table! {
    log (id) { id -> BigInt, audience -> Text, event -> Text, created_at -> BigInt, }
}
diesel::table! {
    log_counter (id) { id -> Integer, value -> BigInt, at -> BigInt, }
}

diesel::table! {
    node (id) { id -> Text, lease_until -> BigInt, presence_version -> BigInt, }
}
diesel::table! {
    node_presence (node_id, member_id) {
        node_id -> Text, member_id -> Text, state -> Text, since -> BigInt,
    }
}

diesel::table! {
    shared_login (account) {
        account -> Text, generation -> BigInt, sealed -> Nullable<Text>,
        lease_holder -> Nullable<Text>, lease_until -> BigInt,
    }
}
diesel::table! {
    member_sync (id) { id -> Integer, due_at -> BigInt, full_at -> BigInt, newest -> BigInt, }
}
diesel::table! {
    gateway_setting (id) { id -> Text, sealed -> Text, }
}
diesel::table! {
    number_setting (id) { id -> Text, settings -> Text, }
}
diesel::table! {
    settings_version (id) { id -> Integer, version -> BigInt, }
}
diesel::table! {
    used_assertion (jti) { jti -> Text, expires_at -> BigInt, }
}

diesel::joinable!(sign_in -> member (member_id));
diesel::joinable!(participant -> conversation (conversation_id));
diesel::allow_tables_to_appear_in_same_query!(
    member,
    sign_in,
    api_key,
    number,
    conversation,
    participant,
    sms_session,
    message,
    attempt,
    consent_event,
    opt_out,
    record_reading,
    sent_count,
    outbox,
    node,
    node_presence,
);
