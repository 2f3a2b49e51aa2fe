// What Dino 0.4.2 said to another Dino in a call of sound, as it came: recorded with a server of
// our own.
#pragma once

namespace commd::xmpp::test::dino {

inline constexpr char initiate[] = R"(<iq id='b175309b-d77d-4d4e-b3b7-6efc49e952ad' type='set' xml:lang='en' to='bob@lab.test/dino.bob' from='alice@lab.test/dino.alice'>
  <jingle xmlns='urn:xmpp:jingle:1' sid='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' action='session-initiate' initiator='alice@lab.test/dino.alice'>
    <content senders='both' creator='initiator' name='audio'>
      <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>
        <payload-type id='111' name='opus' clockrate='48000' channels='2'>
          <parameter value='1' name='useinbandfec' />
        </payload-type>
        <payload-type id='112' clockrate='32000' name='speex' />
        <payload-type id='113' clockrate='16000' name='speex' />
        <payload-type id='114' clockrate='8000' name='speex' />
        <payload-type id='9' clockrate='8000' name='G722' />
        <payload-type id='0' clockrate='8000' name='PCMU' />
        <payload-type id='8' clockrate='8000' name='PCMA' />
        <encryption>
          <crypto key-params='inline:ENvh2uebvFbM1pwjimmf738+PKPh2aPKqW80InVk' tag='1' crypto-suite='AES_CM_128_HMAC_SHA1_80' />
        </encryption>
        <rtcp-mux />
      </description>
      <transport ufrag='RPx3' pwd='Wgdy6/h8lkfO8gy+KKn9aK' xmlns='urn:xmpp:jingle:transports:ice-udp:1'>
        <fingerprint hash='sha-256' xmlns='urn:xmpp:jingle:apps:dtls:0' setup='actpass'>
          A2:A8:85:B5:11:2C:DA:4A:E6:C7:2F:B0:FF:CD:4E:CA:29:20:6B:6C:38:0D:CD:0A:6E:78:77:2C:0C:86:A0:17
        </fingerprint>
        <candidate ip='10.77.0.1' generation='0' priority='2015363327' id='23a18353' protocol='udp' type='host' component='1' foundation='1' port='47055' network='0' />
        <candidate ip='10.77.0.1' generation='0' priority='2015363326' id='c2643d35' protocol='udp' type='host' component='2' foundation='1' port='37669' network='0' />
      </transport>
    </content>
  </jingle>
</iq>)";

inline constexpr char transport_info_rtp[] = R"(<iq id='a79a70ab-fb7b-4901-8046-a306535106d3' type='set' xml:lang='en' to='bob@lab.test/dino.bob' from='alice@lab.test/dino.alice'>
  <jingle xmlns='urn:xmpp:jingle:1' sid='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' action='transport-info' initiator='alice@lab.test/dino.alice'>
    <content creator='initiator' name='audio'>
      <transport ufrag='RPx3' pwd='Wgdy6/h8lkfO8gy+KKn9aK' xmlns='urn:xmpp:jingle:transports:ice-udp:1'>
        <candidate ip='10.77.0.1' generation='0' rel-port='47055' priority='505413887' id='2e522d10' protocol='udp' rel-addr='10.77.0.1' type='relay' component='1' foundation='3' port='23911' network='0' />
      </transport>
    </content>
  </jingle>
</iq>)";

inline constexpr char transport_info_rtcp[] = R"(<iq id='641aa8de-54a0-41ed-961b-df3e06c91d39' type='set' xml:lang='en' to='bob@lab.test/dino.bob' from='alice@lab.test/dino.alice'>
  <jingle xmlns='urn:xmpp:jingle:1' sid='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' action='transport-info' initiator='alice@lab.test/dino.alice'>
    <content creator='initiator' name='audio'>
      <transport ufrag='RPx3' pwd='Wgdy6/h8lkfO8gy+KKn9aK' xmlns='urn:xmpp:jingle:transports:ice-udp:1'>
        <candidate ip='10.77.0.1' generation='0' rel-port='37669' priority='505413886' id='6c7edeb1' protocol='udp' rel-addr='10.77.0.1' type='relay' component='2' foundation='3' port='23938' network='0' />
      </transport>
    </content>
  </jingle>
</iq>)";

inline constexpr char accept[] = R"(<iq id='d57f2e40-6209-4555-afe5-3425ec0780db' type='set' xml:lang='en' to='alice@lab.test/dino.alice' from='bob@lab.test/dino.bob'>
  <jingle xmlns='urn:xmpp:jingle:1' action='session-accept' sid='86c0c03e-bb9d-4f0b-a746-05beb2a112d4'>
    <content senders='both' creator='initiator' name='audio'>
      <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>
        <payload-type id='111' name='opus' clockrate='48000' channels='2'>
          <parameter value='1' name='useinbandfec' />
        </payload-type>
        <encryption>
          <crypto key-params='inline:fnmrBP+DiI4+ijlzHbSRE7PUFX1L1LfzssQMhjAy' tag='1' crypto-suite='AES_CM_128_HMAC_SHA1_80' />
        </encryption>
        <rtcp-mux />
      </description>
      <transport ufrag='YvjF' pwd='xgylEEOyJXhhmSG43uBypw' xmlns='urn:xmpp:jingle:transports:ice-udp:1'>
        <fingerprint hash='sha-256' xmlns='urn:xmpp:jingle:apps:dtls:0' setup='active'>
          D0:71:5E:5F:40:91:1B:52:88:AA:B2:1A:1B:53:9B:F3:F6:04:D5:16:BA:D3:90:28:DE:30:03:D5:21:95:B2:47
        </fingerprint>
        <candidate ip='10.77.0.1' generation='0' priority='2015363327' id='ddbd147e' protocol='udp' type='host' component='1' foundation='1' port='46688' network='0' />
        <candidate ip='10.77.0.1' generation='0' priority='2015363326' id='2566e3b3' protocol='udp' type='host' component='2' foundation='1' port='39077' network='0' />
        <candidate ip='10.77.0.1' generation='0' rel-port='46688' priority='505413887' id='7caa8e97' protocol='udp' rel-addr='10.77.0.1' type='relay' component='1' foundation='3' port='23902' network='0' />
        <candidate ip='10.77.0.1' generation='0' rel-port='39077' priority='505413886' id='95b56041' protocol='udp' rel-addr='10.77.0.1' type='relay' component='2' foundation='3' port='23923' network='0' />
      </transport>
    </content>
  </jingle>
</iq>)";

inline constexpr char terminate[] = R"(<iq id='3e2f16c7-192c-4e49-bd31-188ed81a3197' type='set' xml:lang='en' to='bob@lab.test/dino.bob' from='alice@lab.test/dino.alice'>
  <jingle xmlns='urn:xmpp:jingle:1' action='session-terminate' sid='86c0c03e-bb9d-4f0b-a746-05beb2a112d4'>
    <reason>
      <success />
    </reason>
  </jingle>
</iq>)";

inline constexpr char propose[] = R"(<message id='9463e223-7b1e-465c-bdb0-6a478c1032fe' type='chat' xml:lang='en' to='bob@lab.test' from='alice@lab.test/dino.alice'>
  <propose id='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' xmlns='urn:xmpp:jingle-message:0'>
    <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio' />
  </propose>
  <stanza-id by='bob@lab.test' xmlns='urn:xmpp:sid:0' id='R3jN2NWrDz5DltOwdQ7wmN5P' />
</message>)";

inline constexpr char proceed[] = R"(<message id='3907fecb-f3eb-4084-8b41-1c7e526a925b' type='chat' xml:lang='en' to='alice@lab.test/dino.alice' from='bob@lab.test/dino.bob'>
  <proceed id='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' xmlns='urn:xmpp:jingle-message:0'>
    <device id='58678251' xmlns='http://gultsch.de/xmpp/drafts/omemo/dlts-srtp-verification' />
  </proceed>
  <stanza-id by='alice@lab.test' xmlns='urn:xmpp:sid:0' id='ipA-u7DCSyUl2Rgzd1y-r0_C' />
</message>)";

inline constexpr char own_accept[] = R"(<message id='85d5bab2-c99a-4975-8636-5b03be3ba523' type='chat' xml:lang='en' from='bob@lab.test/dino.bob'>
  <accept id='86c0c03e-bb9d-4f0b-a746-05beb2a112d4' xmlns='urn:xmpp:jingle-message:0' />
  <stanza-id by='bob@lab.test' xmlns='urn:xmpp:sid:0' id='jFLE1sR9rTd0VKmI9rgEiAz1' />
</message>)";

inline constexpr char services[] = R"(<iq id='b4d96607-a60c-4a97-82d2-a5408442ccec' to='alice@lab.test/dino.alice' type='result' from='lab.test'>
  <services xmlns='urn:xmpp:extdisco:2'>
    <service transport='udp' type='stun' port='23488' host='10.77.0.1' />
    <service transport='udp' type='turn' expires='2026-11-23T11:16:49Z' username='1795432609' restricted='1' password='OWmedFw8zwqY2UmNyfQhcjz17DA=' port='23488' host='10.77.0.1' />
  </services>
</iq>)";

}  // namespace commd::xmpp::test::dino
