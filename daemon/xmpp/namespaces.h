// XML namespaces of the stream itself. Those of one extension stand in its own file.
#pragma once

namespace commd::xmpp::ns {

inline constexpr char kClient[] = "jabber:client";
inline constexpr char kComponent[] = "jabber:component:accept";
inline constexpr char kStreams[] = "http://etherx.jabber.org/streams";
inline constexpr char kStreamErrors[] = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr char kStanzaErrors[] = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr char kTls[] = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr char kSasl[] = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr char kSasl2[] = "urn:xmpp:sasl:2";              // XEP-0388
inline constexpr char kChannelBinding[] = "urn:xmpp:sasl-cb:0";  // XEP-0440
inline constexpr char kBind[] = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr char kStreamManagement[] = "urn:xmpp:sm:3";                    // XEP-0198
inline constexpr char kClientState[] = "urn:xmpp:csi:0";                        // XEP-0352
inline constexpr char kPing[] = "urn:xmpp:ping";                                // XEP-0199
inline constexpr char kDiscoInfo[] = "http://jabber.org/protocol/disco#info";   // XEP-0030
inline constexpr char kReceipts[] = "urn:xmpp:receipts";                        // XEP-0184
inline constexpr char kMarkers[] = "urn:xmpp:chat-markers:0";                   // XEP-0333
inline constexpr char kChatStates[] = "http://jabber.org/protocol/chatstates";  // XEP-0085
inline constexpr char kStanzaIds[] = "urn:xmpp:sid:0";                          // XEP-0359
inline constexpr char kDelay[] = "urn:xmpp:delay";                              // XEP-0203
inline constexpr char kHints[] = "urn:xmpp:hints";                              // XEP-0334
inline constexpr char kCarbons[] = "urn:xmpp:carbons:2";                        // XEP-0280
inline constexpr char kForward[] = "urn:xmpp:forward:0";                        // XEP-0297
inline constexpr char kArchive[] = "urn:xmpp:mam:2";                            // XEP-0313
inline constexpr char kResultSets[] = "http://jabber.org/protocol/rsm";         // XEP-0059
inline constexpr char kDataForms[] = "jabber:x:data";                           // XEP-0004
inline constexpr char kCorrections[] = "urn:xmpp:message-correct:0";            // XEP-0308
inline constexpr char kRetractions[] = "urn:xmpp:message-retract:1";            // XEP-0424
inline constexpr char kOldRetractions[] = "urn:xmpp:message-retract:0";         // its 0.3
inline constexpr char kFasten[] = "urn:xmpp:fasten:0";                          // XEP-0422
inline constexpr char kFallback[] = "urn:xmpp:fallback:0";                      // XEP-0428
inline constexpr char kReactions[] = "urn:xmpp:reactions:0";                    // XEP-0444
inline constexpr char kReplies[] = "urn:xmpp:reply:0";                          // XEP-0461
inline constexpr char kRoster[] = "jabber:iq:roster";
inline constexpr char kCaps[] = "http://jabber.org/protocol/caps";               // XEP-0115
inline constexpr char kBlocking[] = "urn:xmpp:blocking";                         // XEP-0191
inline constexpr char kLastActivity[] = "jabber:iq:last";                        // XEP-0012, 0256
inline constexpr char kIdle[] = "urn:xmpp:idle:1";                               // XEP-0319
inline constexpr char kVersion[] = "jabber:iq:version";                          // XEP-0092
inline constexpr char kNick[] = "http://jabber.org/protocol/nick";               // XEP-0172
inline constexpr char kRoomUser[] = "http://jabber.org/protocol/muc#user";       // XEP-0045
inline constexpr char kDiscoItems[] = "http://jabber.org/protocol/disco#items";  // XEP-0030
inline constexpr char kUpload[] = "urn:xmpp:http:upload:0";                      // XEP-0363
inline constexpr char kOutOfBand[] = "jabber:x:oob";                             // XEP-0066
inline constexpr char kFileSharing[] = "urn:xmpp:sfs:0";                         // XEP-0447
inline constexpr char kFileMetadata[] = "urn:xmpp:file:metadata:0";              // XEP-0446
inline constexpr char kUrlData[] = "http://jabber.org/protocol/url-data";        // XEP-0103
inline constexpr char kJingle[] = "urn:xmpp:jingle:1";                           // XEP-0166
inline constexpr char kJingleErrors[] = "urn:xmpp:jingle:errors:1";
inline constexpr char kJingleFile[] = "urn:xmpp:jingle:apps:file-transfer:5";     // XEP-0234
inline constexpr char kJingleS5b[] = "urn:xmpp:jingle:transports:s5b:1";          // XEP-0260
inline constexpr char kJingleIbb[] = "urn:xmpp:jingle:transports:ibb:1";          // XEP-0261
inline constexpr char kBytestreams[] = "http://jabber.org/protocol/bytestreams";  // XEP-0065
inline constexpr char kIbb[] = "http://jabber.org/protocol/ibb";                  // XEP-0047
inline constexpr char kSha256[] = "urn:xmpp:hash-function-text-names:sha-256";    // XEP-0300
inline constexpr char kHashes[] = "urn:xmpp:hashes:2";                            // XEP-0300
inline constexpr char kRosterVersions[] = "urn:xmpp:features:rosterver";

}  // namespace commd::xmpp::ns
