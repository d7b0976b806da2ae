/* Sofia-SIP's headers with our types in them, for the .c files of sip/ only. */
#ifndef TOLLGATE_SIP_STACK_H
#define TOLLGATE_SIP_STACK_H

#define NUA_MAGIC_T struct sip_agent
#define NUA_HMAGIC_T struct sip_dialog

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_uniqueid.h>
#include <sofia-sip/tport_tag.h>

#endif
