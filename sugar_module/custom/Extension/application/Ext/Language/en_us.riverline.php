<?php
/** All words of the panels. `{0}` and `{1}` are filled in. */

// launcher and connection
$app_strings['LBL_RL_LIVE_CHAT'] = 'Live Chat';
$app_strings['LBL_RL_UNREAD'] = 'unread';
$app_strings['LBL_RL_NOT_CONNECTED'] = 'not connected';
$app_strings['LBL_RL_CONNECTING'] = 'Connecting…';
$app_strings['LBL_RL_OFFLINE'] = 'No connection to Riverline. Trying again…';
$app_strings['LBL_RL_UNREACHABLE'] = 'Riverline cannot be reached.';
$app_strings['LBL_RL_FAILED'] = 'That did not work. Try again in a moment.';
$app_strings['LBL_RL_NOT_LOGGED_IN'] = 'You are no longer logged in to Sugar. Log in again.';
$app_strings['LBL_RL_ASSERTION_REFUSED'] = 'Sugar does not vouch for you. Ask your administrator to save the assertion key on Riverline\'s page.';
$app_strings['LBL_RL_LOGIN_REFUSED'] = 'Sugar no longer accepts this login. Log out of Sugar and in again.';
$app_strings['LBL_RL_NO_ADDRESS'] = 'Riverline is not set up yet. Ask your administrator.';
$app_strings['LBL_RL_NO_ADDRESS_ADMIN'] = 'Riverline is not set up yet. Enter its address under Administration, Riverline.';
$app_strings['LBL_RL_CSP'] = 'Sugar blocks the connection to Riverline. Ask your administrator to allow it in the Content Security Policy Settings.';
$app_strings['LBL_RL_CSP_ADMIN'] = 'Sugar blocks the connection to Riverline. Add this under Administration, Content Security Policy Settings: {0} {1}';
$app_strings['LBL_RL_TRY_AGAIN'] = 'Try again';

// windows
$app_strings['LBL_RL_DOCK'] = 'Chats and texts';
$app_strings['LBL_RL_MINIMISE'] = 'Minimise';
$app_strings['LBL_RL_EXPAND'] = 'Expand';
$app_strings['LBL_RL_CLOSE'] = 'Close';
$app_strings['LBL_RL_CLOSE_SAVE'] = 'Close and save to Sugar';
$app_strings['LBL_RL_NEW'] = 'New';
$app_strings['LBL_RL_LOG'] = 'Messages';
$app_strings['LBL_RL_OLDER'] = 'Show earlier messages';
$app_strings['LBL_RL_SEND'] = 'Send';
$app_strings['LBL_RL_TODAY'] = 'Today';
$app_strings['LBL_RL_YESTERDAY'] = 'Yesterday';
$app_strings['LBL_RL_MINUTES'] = '{0} min';
$app_strings['LBL_RL_HOURS'] = '{0} h';
$app_strings['LBL_RL_DAYS'] = '{0} d';

// members
$app_strings['LBL_RL_MEMBERS'] = 'Company Members';
$app_strings['LBL_RL_FIND'] = 'Find a colleague';
$app_strings['LBL_RL_NOBODY'] = 'Nobody found.';
$app_strings['LBL_RL_CHAT'] = 'Chat';
$app_strings['LBL_RL_ME'] = 'You';
$app_strings['LBL_RL_MY_PRESENCE'] = 'Your presence';
$app_strings['LBL_RL_GROUP_UNREAD'] = 'Unread';
$app_strings['LBL_RL_GROUP_AVAILABLE'] = 'Available';
$app_strings['LBL_RL_GROUP_BUSY'] = 'Busy';
$app_strings['LBL_RL_GROUP_AWAY'] = 'Away';
$app_strings['LBL_RL_GROUP_OFFLINE'] = 'Offline';
$app_strings['LBL_RL_GROUP_TEXTS'] = 'Open texts';
$app_strings['LBL_RL_PRESENCE_AVAILABLE'] = 'Available';
$app_strings['LBL_RL_PRESENCE_AWAY'] = 'Away';
$app_strings['LBL_RL_PRESENCE_BUSY'] = 'Busy';
$app_strings['LBL_RL_PRESENCE_DO_NOT_DISTURB'] = 'Do not disturb';
$app_strings['LBL_RL_PRESENCE_OFFLINE'] = 'Offline';
$app_strings['LBL_RL_GETS_IT_LATER'] = 'Gets your messages when back';

// chats
$app_strings['LBL_RL_MESSAGE_TO'] = 'Message {0}';
$app_strings['LBL_RL_TYPING'] = '{0} is typing…';
$app_strings['LBL_RL_READ'] = 'Read';
$app_strings['LBL_RL_FORMER_COLLEAGUE'] = 'Former colleague';
$app_strings['LBL_RL_A_COLLEAGUE'] = 'A colleague';
$app_strings['LBL_RL_TEXT_EMPTY'] = 'There is nothing to send yet. Write something first.';
$app_strings['LBL_RL_TEXT_TOO_LONG'] = 'This is too long: {0} characters, and {1} is the most.';
$app_strings['LBL_RL_NOT_OPEN_YET'] = 'Opening… Your text goes out in a moment.';

// texts
$app_strings['LBL_RL_TEXT_MESSAGE'] = 'Text message';
$app_strings['LBL_RL_TEXT_TO'] = 'Send a text to {0}';
$app_strings['LBL_RL_WITHOUT_PHONE_MOBILE'] = 'No mobile number to text {0}';
$app_strings['LBL_RL_WITHOUT_PHONE_OFFICE'] = 'No office number to text {0}';
$app_strings['LBL_RL_CHOOSE_NUMBER'] = 'Choose a number to text {0}';
$app_strings['LBL_RL_PHONE_MOBILE'] = 'Mobile';
$app_strings['LBL_RL_PHONE_WORK'] = 'Office';
$app_strings['LBL_RL_PHONE_HOME'] = 'Home';
$app_strings['LBL_RL_PHONE_OTHER'] = 'Other';
$app_strings['LBL_RL_PHONE_OFFICE'] = 'Office';
$app_strings['LBL_RL_PHONE_ALTERNATE'] = 'Alternate';
$app_strings['LBL_RL_WRITE_TEXT'] = 'Write a text';
$app_strings['LBL_RL_OPENING'] = 'Opening…';
$app_strings['LBL_RL_OVER'] = 'from {0}';
$app_strings['LBL_RL_UNKNOWN_NUMBER'] = 'Unknown number';
$app_strings['LBL_RL_SEVERAL_RECORDS'] = 'Several records';
$app_strings['LBL_RL_AUTOMATIC'] = 'Automatic';
$app_strings['LBL_RL_LEFT'] = 'Sugar no longer shows you this record, so the conversation went to others.';
$app_strings['LBL_RL_ANSWERED_BY'] = '{0} has answered this one.';
$app_strings['LBL_RL_CLOSED'] = 'This conversation is closed.';
$app_strings['LBL_RL_CLOSED_UNSENT'] = 'This conversation was closed, so your text was not sent.';
$app_strings['LBL_RL_CLOSED_UNKNOWN'] = 'This conversation was closed, and the number belongs to no record that could be texted.';
$app_strings['LBL_RL_START_NEW'] = 'Start a new one';
$app_strings['LBL_RL_NOTE_WAITING'] = 'Saving to Sugar…';
$app_strings['LBL_RL_NOTE_WITHOUT_RECORD'] = 'Goes to Sugar once the number is linked to a record.';
$app_strings['LBL_RL_NOTE_SAVED'] = 'Saved to Sugar as a Note.';
$app_strings['LBL_RL_NOTE_FAILED'] = 'Not saved to Sugar.';

// consent
$app_strings['LBL_RL_OPTED_OUT'] = 'Since {2}, {0} wants no texts from {1}. They can text START to get them again, or an administrator records their consent.';
$app_strings['LBL_RL_DO_NOT_TEXT'] = '{0} is marked in Sugar as not to be called or texted. Whoever may change that can do so on the record.';
$app_strings['LBL_RL_LOOKS_LIKE_OPT_OUT'] = 'This looks like they want no more texts.';
$app_strings['LBL_RL_BLOCK_NUMBER'] = 'Block this number';
$app_strings['LBL_RL_NO_OPT_OUT'] = 'Not an opt-out';
$app_strings['LBL_RL_CHECK_AGAIN'] = 'Check again';
$app_strings['LBL_RL_RECORD_CONSENT'] = 'Record consent';
$app_strings['LBL_RL_CONSENT_HOW'] = 'How did they say that they want texts again?';
$app_strings['LBL_RL_CONSENT_HOW_EXAMPLE'] = 'On the phone, for example';
$app_strings['LBL_RL_CONSENT_HOW_MISSING'] = 'Write first how they said so.';
$app_strings['LBL_RL_RECORD'] = 'Record';

// pictures
$app_strings['LBL_RL_PICTURE'] = 'Picture from {0}, {1}';
$app_strings['LBL_RL_PICTURE_WAITING'] = 'Picture on its way…';
$app_strings['LBL_RL_PICTURE_LOADING'] = 'Loading picture…';
$app_strings['LBL_RL_PICTURE_LOST'] = 'Picture not here.';
$app_strings['LBL_RL_PICTURE_LARGER'] = 'Show larger';
$app_strings['LBL_RL_PICTURE_SHOW'] = 'Show picture ({0} MB)';

// what a text costs
$app_strings['LBL_RL_CHARACTERS_LEFT'] = '{0} left';
$app_strings['LBL_RL_ONE_PART'] = '1 part';
$app_strings['LBL_RL_PARTS'] = '{0} parts';
$app_strings['LBL_RL_FOREIGN'] = 'Less fits into a part because of {0}';
$app_strings['LBL_RL_REPLACE'] = 'Use plain characters';
$app_strings['LBL_RL_CHARACTER_TAB'] = 'a tab';
$app_strings['LBL_RL_CHARACTER_SPACE'] = 'a special space';
$app_strings['LBL_RL_CHARACTER_HIDDEN'] = 'a hidden character';

// linking a number to a record
$app_strings['LBL_RL_ASKING_SUGAR'] = 'Asking Sugar…';
$app_strings['LBL_RL_NOBODY_HAS_IT'] = 'Unknown number: it is on no record in Sugar.';
$app_strings['LBL_RL_ONE_HAS_IT'] = 'A record that you may see has this number:';
$app_strings['LBL_RL_SEVERAL_HAVE_IT'] = '{0} records have this number. Whose is it?';
$app_strings['LBL_RL_OTHERS_HAVE_IT'] = 'This number is also on:';
$app_strings['LBL_RL_NO_OTHER_HAS_IT'] = 'This number is on no other record that you may see.';
$app_strings['LBL_RL_RELINK'] = 'Link to another record';
$app_strings['LBL_RL_KEEP_RECORD'] = 'Keep this record';
$app_strings['LBL_RL_NONE_TO_SEE'] = 'This number is on records that Sugar does not show you.';
$app_strings['LBL_RL_NAMES_MISSING'] = 'Sugar does not answer with the names of the records. Trying again…';
$app_strings['LBL_RL_MATCHES'] = 'Records with this number';
$app_strings['LBL_RL_SUGGESTIONS'] = 'Only the last digits are the same:';
$app_strings['LBL_RL_LINK_TO'] = 'Link to a record…';
$app_strings['LBL_RL_LINK_MODULES'] = 'Link to which kind of record?';
$app_strings['LBL_RL_CREATE_CONTACT'] = 'Create contact';
$app_strings['LBL_RL_LINKING'] = 'Linking…';
$app_strings['LBL_RL_NUMBER_NOT_ON_RECORD'] = 'Not linked: {0} does not have the number {1}. Add it to the record in Sugar, then try again.';
$app_strings['LBL_RL_RECORD_NOT_SHOWN'] = 'Not linked: Sugar does not show you this record.';

// states of a message
$app_strings['LBL_RL_SENDING'] = 'Sending…';
$app_strings['LBL_RL_WAITS'] = 'Waits for the connection';
$app_strings['LBL_RL_NOT_SENT'] = 'Not sent';
$app_strings['LBL_RL_SEND_AGAIN'] = 'Send again';
$app_strings['LBL_RL_SEND_AGAIN_UNKNOWN'] = 'Send again (it may arrive twice)';
$app_strings['LBL_RL_SEND_AT'] = 'Send at {0}';
$app_strings['LBL_RL_SEND_NOW'] = 'Send now';
$app_strings['LBL_RL_GOES_AT'] = 'Goes out at {0}';
$app_strings['LBL_RL_STATE_SCHEDULED'] = 'Will be sent later';
$app_strings['LBL_RL_STATE_CANCELED'] = 'Called off';
$app_strings['LBL_RL_CANCEL'] = 'Cancel';
$app_strings['LBL_RL_STATE_QUEUED'] = 'Waiting to be sent';
$app_strings['LBL_RL_STATE_SENDING'] = 'Sending…';
$app_strings['LBL_RL_STATE_SENT'] = 'Sent';
$app_strings['LBL_RL_STATE_DELIVERED'] = 'Delivered';
$app_strings['LBL_RL_STATE_FAILED'] = 'Not sent';
$app_strings['LBL_RL_STATE_UNKNOWN'] = 'Nobody knows whether it arrived';

// admin page
$app_strings['LBL_RL_ADMIN_TITLE'] = 'Riverline';
$app_strings['LBL_RL_ADMIN_ADDRESS'] = 'Address of the Riverline service';
$app_strings['LBL_RL_ADMIN_ADDRESS_HELP'] = 'As a browser reaches it, for example https://chat.example.com. Empty turns Riverline off.';
$app_strings['LBL_RL_ADMIN_KEY'] = 'Assertion key';
$app_strings['LBL_RL_ADMIN_KEY_HELP'] = 'Only when the service\'s configuration says sugar.sign_in = "assertion": the same key as there, made by riverline assertion-key. Sugar then vouches for its users, and no token leaves it.';
$app_strings['LBL_RL_ADMIN_KEY_SAVED'] = 'A key is saved. A new one replaces it.';
$app_strings['LBL_RL_ADMIN_KEY_REMOVE'] = 'Remove the key';
$app_strings['LBL_RL_ADMIN_TEST'] = 'Test connection';
$app_strings['LBL_RL_ADMIN_CSP'] = 'From Sugar 11 on, add both of these under Administration, Content Security Policy Settings:';
$app_strings['LBL_RL_ADMIN_BAD_ADDRESS'] = 'This is not an address such as https://chat.example.com.';
$app_strings['LBL_RL_ADMIN_SAVED'] = 'Saved. Other users get it with their next page.';
$app_strings['LBL_RL_ADMIN_NOT_SAVED'] = 'Not saved. Sugar said: {0}';
$app_strings['LBL_RL_ADMIN_TESTING'] = 'Asking Riverline…';
$app_strings['LBL_RL_ADMIN_GOOD'] = 'Riverline {0} answers, and live connections get through.';
$app_strings['LBL_RL_ADMIN_BLOCKED'] = 'Sugar\'s Content Security Policy blocks {0}. Add both addresses below, then load this page again.';
$app_strings['LBL_RL_ADMIN_SILENT'] = 'No answer. Is the service running at this address, and is {0} among the Sugar addresses in its configuration?';
$app_strings['LBL_RL_ADMIN_STRANGE'] = 'Something answers there, but it is not Riverline.';
$app_strings['LBL_RL_ADMIN_NO_SOCKET'] = 'Riverline answers, but live connections do not get through. Does the proxy before it pass WebSockets, and is {0} among the Sugar addresses in its configuration?';
