# Makes a copy of Debian's static sofia-sip in which a few calls lead to functions
# of ours (sofia_hooks.h), because that library's own use of TLS is not safe.
#
#   cmake -DARCHIVE=... -DOUTPUT=... -DAR=... -DOBJCOPY=... -DNM=... -P sofia_copy.cmake
#
# Only references of the named member are renamed, never a definition. A name that
# a member no longer refers to stops the build: then the library has changed and
# the corrections must be looked at again.

set(tls_ctx
  SSL_CTX_new SSL_CTX_use_certificate_file SSL_CTX_use_PrivateKey_file
  SSL_CTX_check_private_key SSL_CTX_load_verify_locations SSL_CTX_set_cipher_list
  SSL_CTX_set_verify SSL_CTX_set_verify_depth)
set(tls_connection
  SSL_new SSL_connect SSL_accept SSL_read SSL_write SSL_shutdown
  X509_get_ext_count X509_NAME_get_text_by_NID tport_close)

set(members tport_tls.o tport_type_tls.o tport_type_udp.o tport.o msg_parser.o nta.o nua_register.o sres.o su_time0.o
    su_base_port.o)
set(calls_tport_tls.o ${tls_ctx} ${tls_connection})
set(calls_tport_type_tls.o tport_setname accept)
set(calls_tport_type_udp.o tport_recv_stun_dgram)
set(calls_tport.o accept msg_extract)
set(calls_msg_parser.o msg_find_hclass)
set(calls_nta.o tport_by_name tport_primaries tport_is_connected tport_decref sip_request_create sip_sanity_check)
set(calls_nua_register.o nta_agent_bind_tport_update)
set(calls_sres.o connect send)
set(calls_su_time0.o clock_gettime)
set(calls_su_base_port.o su_timer_expire)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed ERROR_VARIABLE words
    WORKING_DIRECTORY ${work})
  if(failed)
    message(FATAL_ERROR "sofia_copy: ${ARGN}: ${words}")
  endif()
endfunction()

set(work ${OUTPUT}.work)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})
configure_file(${ARCHIVE} ${work}/copy.a COPYONLY)
foreach(member ${members})
  run(${AR} x copy.a ${member})
  execute_process(COMMAND ${NM} -u ${work}/${member} OUTPUT_VARIABLE undefined)
  set(renames)
  foreach(call ${calls_${member}})
    if(NOT undefined MATCHES " U ${call}\n")
      message(FATAL_ERROR "sofia_copy: ${member} of ${ARCHIVE} does not call ${call} any more: "
        "the corrections of daemon/sip/sofia_hooks.h must be checked against this version")
    endif()
    list(APPEND renames --redefine-sym ${call}=commd_sofia_${call})
  endforeach()
  run(${OBJCOPY} ${renames} ${member})
  run(${AR} rD copy.a ${member})
endforeach()
file(RENAME ${work}/copy.a ${OUTPUT})
file(REMOVE_RECURSE ${work})
