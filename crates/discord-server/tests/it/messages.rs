use discord_server::{Access, Kind, Server};
use serde_json::json;
use serenity::all::{
    ChannelId, CreateAllowedMentions, CreateCommand, CreateCommandOption,
    CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage,
    EditInteractionResponse, EditMessage, GuildId, InteractionId, MessageId, Permissions,
    ReactionType, UserId,
};

use crate::support::{assert_described, get_json, http, small};

#[tokio::test]
async fn serenity_writes_edits_reacts_and_deletes() {
    let (world, scene) = small();
    let server = Server::start(world);
    let http = http(&server);
    let channel = ChannelId::new(scene.channel);
    let asked = server.post(scene.channel, scene.user, "who is there?");
    channel.broadcast_typing(&http).await.unwrap();
    let sent = channel
        .send_message(
            &http,
            CreateMessage::new()
                .content(format!("me, @everyone and <@{}>", scene.user))
                .allowed_mentions(CreateAllowedMentions::new())
                .reference_message((channel, MessageId::new(asked))),
        )
        .await
        .unwrap();
    assert_eq!(sent.referenced_message.as_ref().unwrap().id.get(), asked);
    let stored = &server.written_by_bot()[0];
    assert_eq!(
        (
            stored.reply_to,
            stored.pinged.as_slice(),
            stored.pinged_everyone
        ),
        (Some(asked), &[][..], false)
    );
    assert_eq!(stored.mentions, [scene.user]);
    let edited = channel
        .edit_message(&http, sent.id, EditMessage::new().content("me"))
        .await
        .unwrap();
    assert!(edited.edited_timestamp.is_some());
    server.react(scene.channel, sent.id.get(), scene.user, "👍");
    let thumbs = ReactionType::Unicode("👍".to_owned());
    channel
        .create_reaction(&http, sent.id, thumbs.clone())
        .await
        .unwrap();
    let users = channel
        .reaction_users(&http, sent.id, thumbs.clone(), None, None)
        .await
        .unwrap();
    assert_eq!(users.len(), 2);
    channel
        .delete_reaction(&http, sent.id, None, thumbs)
        .await
        .unwrap();
    let read = channel.message(&http, sent.id).await.unwrap();
    assert_eq!((read.content.as_str(), read.reactions[0].count), ("me", 1));
    channel.delete_message(&http, sent.id).await.unwrap();
    assert!(channel.message(&http, sent.id).await.is_err());
    assert_eq!(server.written_by_bot(), []);
    assert_described(&server);
}

#[tokio::test]
async fn without_allowed_mentions_everybody_is_pinged() {
    let (world, scene) = small();
    let server = Server::start(world);
    let http = http(&server);
    let asked = server.post(scene.channel, scene.user, "hm");
    let message = CreateMessage::new()
        .content("@here")
        .reference_message((ChannelId::new(scene.channel), MessageId::new(asked)));
    ChannelId::new(scene.channel)
        .send_message(&http, message)
        .await
        .unwrap();
    let stored = &server.written_by_bot()[0];
    assert_eq!(
        (stored.pinged.as_slice(), stored.pinged_everyone),
        (&[scene.user][..], true)
    );
}

#[tokio::test]
async fn a_message_with_the_same_nonce_is_not_written_twice() {
    let (world, scene) = small();
    let server = Server::start(world);
    let http = http(&server);
    let mut ids = Vec::new();
    for nonce in ["1", "1", "2"] {
        let body = json!({"content": "once", "nonce": nonce, "enforce_nonce": true});
        let sent = http
            .send_message(ChannelId::new(scene.channel), Vec::new(), &body)
            .await
            .unwrap();
        ids.push(sent.id.get());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(server.written_by_bot().len(), 2);
    assert_described(&server);
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let (mut world, scene) = small();
    let mute = world.channel(scene.guild, Kind::Text, "read-only");
    world.channel_mut(mute).access = Access {
        send: false,
        ..Access::ALL
    };
    let server = Server::start(world);
    let http = http(&server);
    let send = async |channel: u64, content: &str| {
        let message = json!({"content": content});
        http.send_message(ChannelId::new(channel), Vec::new(), &message)
            .await
            .map_err(|error| error.to_string())
    };
    assert!(
        send(mute, "hi")
            .await
            .unwrap_err()
            .contains("Missing Permissions")
    );
    assert!(
        send(scene.channel, " ")
            .await
            .unwrap_err()
            .contains("empty message")
    );
    assert_described(&server);
    assert!(send(scene.channel, &"x".repeat(2001)).await.is_err());
    assert!(server.violations()[0].contains("longer than 2000"));
}

#[tokio::test]
async fn direct_messages() {
    let (world, scene) = small();
    let server = Server::start(world);
    let http = http(&server);
    let channel = UserId::new(scene.user)
        .create_dm_channel(&http)
        .await
        .unwrap();
    let again = UserId::new(scene.user)
        .create_dm_channel(&http)
        .await
        .unwrap();
    assert_eq!(
        (channel.id, channel.recipient.id.get()),
        (again.id, scene.user)
    );
    channel.id.say(&http, "psst").await.unwrap();
    assert_eq!(server.messages(channel.id.get())[0].content, "psst");
    assert_described(&server);
}

#[tokio::test]
async fn commands_are_registered_and_answered() {
    let (world, scene) = small();
    let server = Server::start(world);
    let http = http(&server);
    let me = http.get_current_application_info().await.unwrap();
    http.set_application_id(me.id);
    let option = CreateCommandOption::new(
        serenity::all::CommandOptionType::Number,
        "value",
        "how often",
    )
    .required(true)
    .min_number_value(0.0);
    let commands = vec![
        CreateCommand::new("setrate")
            .description("how often it speaks")
            .default_member_permissions(Permissions::MANAGE_GUILD)
            .add_option(option),
    ];
    let registered = GuildId::new(scene.guild)
        .set_commands(&http, commands)
        .await
        .unwrap();
    assert_eq!(registered[0].name, "setrate");
    assert_eq!(server.commands(scene.guild).len(), 1);

    let id = server.command(
        scene.channel,
        scene.user,
        "setrate",
        &json!([{"name": "value", "type": 10, "value": 0.1}]),
    );
    let token = server.interaction(id).unwrap().token;
    let later =
        CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
    http.create_interaction_response(InteractionId::new(id), &token, &later, Vec::new())
        .await
        .unwrap();
    let edit = EditInteractionResponse::new().content("done");
    http.edit_original_interaction_response(&token, &edit, Vec::new())
        .await
        .unwrap();
    let answered = server.interaction(id).unwrap();
    assert!(answered.deferred && answered.ephemeral && answered.waited().is_some());
    assert_eq!(answered.content.as_deref(), Some("done"));
    let read = http
        .get_original_interaction_response(&token)
        .await
        .unwrap();
    assert_eq!(read.content, "done");
    let again = http
        .create_interaction_response(InteractionId::new(id), &token, &later, Vec::new())
        .await;
    assert!(
        again
            .unwrap_err()
            .to_string()
            .contains("already been acknowledged")
    );
    assert_described(&server);
    let listed = get_json(
        &server,
        &format!("/applications/{}/guilds/{}/commands", me.id, scene.guild),
    )
    .await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
}
